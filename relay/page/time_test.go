package page

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The limits in time, in a bubble whose clock stands still while anyone can
// run: figures are exact.

const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// bubble runs talk with the client's end of a pipe to a page, and sees
// to it that Serve then ends with want within a time.
func bubble(t *testing.T, want error, talk func(t *testing.T, c net.Conn, stop func())) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c, ended := servePipe(ctx, &Page{})
		talk(t, c, cancel)
		c.Close()
		if err := <-ended; !errors.Is(err, want) {
			t.Errorf("Serve: %v, want %v", err, want)
		}
		time.Sleep(time.Minute) // a client that still writes finds out
	})
}

// closedAfter waits for the close and holds the time it took to want, give or
// take what arm saves itself.
func closedAfter(t *testing.T, r io.Reader, want time.Duration) {
	t.Helper()
	begin := time.Now()
	if b, err := io.ReadAll(r); err != nil || len(b) > 0 {
		t.Errorf("instead of a quiet close: %q, %v", b, err)
	}
	if took := time.Since(begin); took < want || took > want+idleSlack {
		t.Errorf("closed after %v, want %v", took, want)
	}
}

func TestSilence(t *testing.T) {
	bubble(t, nil, func(t *testing.T, c net.Conn, _ func()) {
		closedAfter(t, c, idleTime)
	})
}

func TestIdle(t *testing.T) {
	bubble(t, nil, func(t *testing.T, c net.Conn, _ func()) {
		r := bufio.NewReader(c)
		for range 100 { // in use for longer than any limit
			time.Sleep(idleTime - time.Second)
			io.WriteString(c, request)
			if _, err := readAnswer(r, "GET"); err != nil {
				t.Fatal(err)
			}
		}
		closedAfter(t, r, idleTime)
	})
}

// TestEmptyLines: they are no request, so they prolong nothing.
func TestEmptyLines(t *testing.T) {
	bubble(t, nil, func(t *testing.T, c net.Conn, _ func()) {
		go func() {
			for {
				time.Sleep(7 * time.Second)
				if _, err := io.WriteString(c, "\r\n"); err != nil {
					return
				}
			}
		}()
		closedAfter(t, c, idleTime)
	})
}

// late reads the 408 that must come after a time, and the close.
func late(t *testing.T, r *bufio.Reader, want time.Duration) {
	t.Helper()
	begin := time.Now()
	a, err := readAnswer(r, "GET")
	if err != nil || a.StatusCode != 408 || !a.Close {
		t.Fatalf("%v, %v", a.Response, err)
	}
	if took := time.Since(begin); took != want {
		t.Errorf("408 after %v, want %v", took, want)
	}
	if _, err := r.ReadByte(); err != io.EOF {
		t.Errorf("not closed: %v", err)
	}
}

// TestSlowHead: ten seconds from the first byte of a head, however many
// bytes come, and however long the connection was idle before.
func TestSlowHead(t *testing.T) {
	bubble(t, nil, func(t *testing.T, c net.Conn, _ func()) {
		time.Sleep(idleTime - time.Second)
		io.WriteString(c, request)
		r := bufio.NewReader(c)
		if _, err := readAnswer(r, "GET"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(idleTime - time.Second)
		io.WriteString(c, "G")
		go func() {
			for {
				if _, err := io.WriteString(c, "E"); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		late(t, r, headTime)
	})
}

func TestSlowBody(t *testing.T) {
	bubble(t, nil, func(t *testing.T, c net.Conn, _ func()) {
		io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na")
		go func() {
			for {
				if _, err := io.WriteString(c, "a"); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		late(t, bufio.NewReader(c), bodyTime)
	})
}

func TestEndsAmidRequest(t *testing.T) {
	for _, in := range []string{"GET", "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na"} {
		bubble(t, io.ErrUnexpectedEOF, func(t *testing.T, c net.Conn, _ func()) {
			io.WriteString(c, in)
		})
	}
}

// TestUnread: the client sends a request and never takes the answer.
func TestUnread(t *testing.T) {
	bubble(t, os.ErrDeadlineExceeded, func(t *testing.T, c net.Conn, _ func()) {
		io.WriteString(c, request)
		time.Sleep(idleTime + 2*idleSlack)
		synctest.Wait()
		if _, err := c.Write([]byte("x")); err != io.ErrClosedPipe {
			t.Errorf("not closed: %v", err)
		}
	})
}

// TestStopIdle: at once, also amid a head.
func TestStopIdle(t *testing.T) {
	for _, in := range []string{"", request, "GET"} {
		bubble(t, nil, func(t *testing.T, c net.Conn, stop func()) {
			io.WriteString(c, in)
			r := bufio.NewReader(c)
			if in == request {
				readAnswer(r, "GET")
			}
			synctest.Wait()
			stop()
			begin := time.Now()
			if _, err := r.ReadByte(); err != io.EOF || time.Since(begin) != 0 {
				t.Errorf("after %q: %v after %v", in, err, time.Since(begin))
			}
		})
	}
}

// TestStopWriting: an answer under way has two seconds.
func TestStopWriting(t *testing.T) {
	for _, finish := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			body := strings.Repeat("a", 4*pieceSize)
			c, ended := servePipe(ctx, &Page{Body: []byte(body)})
			io.WriteString(c, request)
			r := bufio.NewReader(c)
			r.ReadByte()
			r.UnreadByte()
			cancel()
			time.Sleep(graceTime - time.Millisecond)
			if finish {
				if a, err := readAnswer(r, "GET"); err != nil || a.body != body {
					t.Errorf("the answer was cut: %v", err)
				}
			}
			begin := time.Now()
			if err := <-ended; finish == (err != nil) {
				t.Errorf("finish %v: %v", finish, err)
			}
			if time.Since(begin) > time.Millisecond {
				t.Errorf("ended only after %v more", time.Since(begin))
			}
			c.Close()
		})
	}
}

// TestSlowReader: a client that takes two of pieceSize in a minute gets the
// whole file, byte for byte, and one that takes half of one does not.
func TestSlowReader(t *testing.T) {
	body := make([]byte, 2*stretchSize+12345)
	rand.NewChaCha8([32]byte{}).Read(body)
	name := filepath.Join(t.TempDir(), "page")
	if err := os.WriteFile(name, body, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, sip := range []int{2 * pieceSize, pieceSize / 2} {
		synctest.Test(t, func(t *testing.T) {
			c, ended := servePipe(t.Context(), &Page{File: name})
			io.WriteString(c, request)
			r := bufio.NewReader(c)
			a, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, piece := 0, make([]byte, sip)
			for ; err == nil; time.Sleep(55 * time.Second) {
				var n int
				n, err = io.ReadFull(a.Body, piece)
				if !bytes.Equal(piece[:n], body[got:got+n]) {
					t.Fatalf("%d bytes after %d are not those of the file", n, got)
				}
				got += n
			}
			if whole := got == len(body); whole != (sip > pieceSize) {
				t.Errorf("%d bytes a minute: got %d, %v", sip, got, err)
			}
			c.Close()
			<-ended
		})
	}
}

// TestStopped: a connection that comes too late is closed at once.
func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, ended := servePipe(ctx, &Page{})
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestStopLeavesNothing: the watch on a context goes with the last
// connection, and a Page can be told to stop by several.
func TestStopLeavesNothing(t *testing.T) {
	p := &Page{}
	one, stopOne := context.WithCancel(t.Context())
	two, stopTwo := context.WithCancel(t.Context())
	defer stopTwo()
	a, aEnded := servePipe(one, p)
	b, bEnded := servePipe(one, p)
	c, cEnded := servePipe(two, p)
	for _, c := range []net.Conn{a, b, c} { // they have been added
		io.WriteString(c, "\n")
	}
	b.Close()
	<-bEnded
	stopOne()
	<-aEnded
	io.WriteString(c, request)
	if _, err := readAnswer(bufio.NewReader(c), "GET"); err != nil {
		t.Error(err)
	}
	c.Close()
	<-cEnded
	if len(p.stops.by) != 0 {
		t.Errorf("%d watches are left", len(p.stops.by))
	}
	a.Close()
}

// TestDate: at most a second old, also where requests were read long
// before they are answered, because the client is slow to take the answers.
func TestDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ended := servePipe(t.Context(), &Page{Body: make([]byte, flushAt)})
		go io.WriteString(c, strings.Repeat(request, 100))
		r := bufio.NewReaderSize(c, 16)
		begun := time.Now() // the first answer; each other one when the one before is taken
		for range 100 {
			a, err := readAnswer(r, "GET")
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC1123, a.Header.Get("Date"))
			if old := begun.Sub(at); err != nil || old >= time.Second || old < 0 {
				t.Fatalf("Date is %v old, %v", old, err)
			}
			begun = time.Now()
			time.Sleep(1500 * time.Millisecond)
		}
		c.Close()
		<-ended
	})
}
