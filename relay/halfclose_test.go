package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonc/relay/tcpinfo"
)

// A halfCloseCase is what a remote does, and when the half-close comes then.
type halfCloseCase struct {
	name  string
	when  HalfClose
	sent  string               // in pieces, with a | between two
	do    func(there net.Conn) // what the remote does after local EOF
	after time.Duration        // until the half-close; -1: none
}

func TestLateHalfClose(t *testing.T) {
	const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, c := range []halfCloseCase{
		{"something was sent", HalfCloseLate, "hello\n", nil, 0},
		{"nothing was sent, silence", HalfCloseLate, "", nil, time.Second},
		{"nothing was sent, the remote sends", HalfCloseLate, "", func(there net.Conn) {
			for range 5 {
				time.Sleep(700 * time.Millisecond)
				io.WriteString(there, "x")
			}
		}, 3500*time.Millisecond + time.Second},
		{"request, answer", HalfCloseLate, request, func(there net.Conn) {
			time.Sleep(10 * time.Second)
			io.WriteString(there, "HTTP/1.1 200 OK")
		}, 11 * time.Second},
		{"request, no answer", HalfCloseLate, request, nil, 30 * time.Second},
		{"request in pieces", HalfCloseLate, "G|ET /| HTTP/|1.1\r\n\r\n", nil, 30 * time.Second},
		{"no request, in pieces", HalfCloseLate, "G|ET\n| / HTTP/1.1\r\n", nil, 0},
		{"no request, lower case, in pieces", HalfCloseLate, "get|GET / HTTP/1.1\r\n", nil, 0},
		{"too long for a request line", HalfCloseLate, "GET |" + strings.Repeat("x", maxRequestLine) + "| HTTP/1.1\r\n", nil, 0},
		{"request, the remote ends", HalfCloseLate, request, func(there net.Conn) {
			time.Sleep(5 * time.Second)
			there.Close()
		}, -1},
		{"request, at once", HalfCloseAtEOF, request, nil, 0},
		{"nothing, at once", HalfCloseAtEOF, "", nil, 0},
		{"request, never", HalfCloseNever, request, func(there net.Conn) {
			time.Sleep(time.Hour)
			there.Close()
		}, -1},
	} {
		t.Run(c.name, func(t *testing.T) { synctest.Test(t, c.run) })
	}
}

func (c halfCloseCase) run(t *testing.T) {
	here, there := net.Pipe()
	r, w := io.Pipe()
	closed := make(chan time.Time, 1)
	remote := Conn(here)
	remote.CloseWrite = func() error { closed <- time.Now(); return nil }
	relay := piping(context.Background(), End{R: r}, remote, Policy{HalfClose: c.when})
	for piece := range strings.FieldsFuncSeq(c.sent, func(r rune) bool { return r == '|' }) {
		io.WriteString(w, piece)
		io.ReadFull(there, make([]byte, len(piece)))
	}
	eof := time.Now()
	w.Close()
	if c.do != nil {
		c.do(there)
	}
	if c.after < 0 {
		<-relay
		if len(closed) > 0 {
			t.Errorf("half-closed after %v", (<-closed).Sub(eof))
		}
		return
	}
	if took := (<-closed).Sub(eof).Round(time.Microsecond); took != c.after {
		t.Errorf("half-closed after %v, want %v", took, c.after)
	}
	there.Close()
	if end := <-relay; !end.Unanswered {
		t.Errorf("the remote said nothing more, and that is not told")
	}
}

// What comes after the half-close is an answer.
func TestUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		r, w := io.Pipe()
		remote := Conn(here)
		remote.CloseWrite = func() error { return nil }
		relay := piping(context.Background(), End{R: r}, remote, Policy{})
		w.Close()
		synctest.Wait()
		io.WriteString(there, "answer")
		there.Close()
		if end := <-relay; end.Unanswered || end.Received != 6 {
			t.Errorf("%+v", end)
		}
	})
}

// A request line is that of HTTP/1.x and nothing else.
func TestIsRequest(t *testing.T) {
	for text, want := range map[string]bool{
		"GET / HTTP/1.0\r\n\r\n":                             true,
		"GET / HTTP/1.1\n":                                   true,
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n":              true,
		"POST /a?b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc": true,
		"GET /\r\n":                          false,
		"get / HTTP/1.1\r\n":                 false,
		"GET / HTTP/2.0\r\n":                 false,
		"hello\n":                            false,
		"":                                   false,
		"GET":                                false,
		"GET ":                               false,
		"GET / HTTP/1.":                      false,
		"HELO x\r\nGET / HTTP/1.1\r\n":       false,
		" GET / HTTP/1.1\r\n":                false,
		"ABCDEFGHIJKLMNOPQRSTU / HTTP/1.1\n": false,
	} {
		if got := isRequest([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Odd ends: each relay ends, or goes on, as the table says.
func TestOddEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closing := errors.New("close failed")
		here, there := net.Pipe()
		r, w := io.Pipe()
		remote := Conn(here)
		remote.CloseWrite = func() error { return closing }
		relay := piping(context.Background(), End{R: r}, remote, Policy{})
		w.Close()
		there.Close()
		if end := <-relay; !errors.Is(end.err, closing) {
			t.Errorf("a half-close that fails: %v", end.err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // a byte an hour is not idle for two
		s := begin(context.Background(), Policy{Idle: 2 * time.Hour})
		for range 5 {
			time.Sleep(time.Hour)
			s.send("x")
		}
		s.after(t, 7*time.Hour, ErrIdle)
	})
}

// The close of a connection that is at EOF is its last half-close: the FIN is
// not one more thing that its peer, which may have gone, could fail to take.
func TestLastHalfClose(t *testing.T) {
	here, client := tcpPair(t)
	out, target := tcpPair(t)
	var halved []string
	end := func(name string, c *net.TCPConn) End {
		e := Conn(c)
		e.CloseWrite = func() error { halved = append(halved, name); return c.CloseWrite() }
		return e
	}
	go func() {
		io.WriteString(client, "question")
		client.CloseWrite()
		io.Copy(io.Discard, target)
		io.WriteString(target, "answer")
		io.ReadFull(client, make([]byte, 6))
		for !tcpinfo.AllAcked(here) {
			time.Sleep(time.Millisecond)
		}
		target.Close()
	}()
	local, remote := end("client", here), end("target", out)
	totals, err := newReferee(&local, &remote, Policy{}).join(t.Context())
	if err != nil || totals.Sent != 8 || totals.Received != 6 {
		t.Errorf("%+v, %v", totals, err)
	}
	if len(halved) != 1 || halved[0] != "target" {
		t.Errorf("half-closed: %q", halved)
	}
	here.Close()
	if got, err := io.ReadAll(client); err != nil || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
}
