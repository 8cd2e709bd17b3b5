package tlsconn

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// connected returns both ends of a connection with TLS on it.
func connected(t testing.TB, version string) (client, server *Conn) {
	t.Helper()
	c, s := handshakes(t, Config{NoVerify: true, MaxVersion: number(version)}, Config{MaxVersion: number(version)}, "localhost")
	if c.err != nil || s.err != nil {
		t.Fatal(c.err, s.err)
	}
	return c.c, s.c
}

// digest reads all of r.
func digest(t *testing.T, r io.Reader, buf []byte) (sum [32]byte) {
	h := sha256.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{r}, buf); err != nil {
		t.Error(err)
	}
	return [32]byte(h.Sum(nil))
}

// TestBothWays moves much in pieces of all sizes, both ways at once, and ends
// one direction long before the other.
func TestBothWays(t *testing.T) {
	for _, version := range []string{"1.0", "1.2", "1.3"} {
		t.Run(version, func(t *testing.T) {
			client, server := connected(t, version)
			var all sync.WaitGroup
			move := func(from, to *Conn, size int, buf int) {
				data := make([]byte, size)
				rand.NewChaCha8([32]byte{byte(size)}).Read(data)
				want := sha256.Sum256(data)
				all.Go(func() {
					sizes := rand.New(rand.NewPCG(1, 2))
					for len(data) > 0 {
						n := min(1+sizes.IntN(300_000), len(data))
						if m, err := from.Write(data[:n]); m != n || err != nil {
							t.Error(m, err)
							return
						}
						data = data[n:]
					}
					if err := from.CloseWrite(); err != nil {
						t.Error(err)
					}
				})
				all.Go(func() {
					if got := digest(t, to, make([]byte, buf)); got != want {
						t.Errorf("%d bytes arrived changed", size)
					}
				})
			}
			move(client, server, 1_000_001, 7_001)
			move(server, client, 20_000_001, 200_000)
			all.Wait()
		})
	}
}

// A counter counts calls.
type counter struct {
	net.Conn
	reads, writes atomic.Int64
}

func (c *counter) Read(b []byte) (int, error)  { c.reads.Add(1); return c.Conn.Read(b) }
func (c *counter) Write(b []byte) (int, error) { c.writes.Add(1); return c.Conn.Write(b) }

// TestCalls counts the system calls of a bulk transfer.
func TestCalls(t *testing.T) {
	sv, err := (&Config{}).Server()
	if err != nil {
		t.Fatal(err)
	}
	cl, _ := (&Config{NoVerify: true}).Client()
	a, b := pair(t)
	ca, cb := &counter{Conn: a}, &counter{Conn: b}
	done := make(chan *Conn)
	go func() {
		c, err := sv.Handshake(t.Context(), cb)
		if err != nil {
			t.Error(err)
		}
		done <- c
	}()
	client, err := cl.Handshake(t.Context(), ca, "")
	if err != nil {
		t.Fatal(err)
	}
	server := <-done
	const size, piece = 8 << 20, 64 << 10
	ca.writes.Store(0)
	sent := make(chan error)
	go func() {
		for range size / piece {
			client.Write(make([]byte, piece))
		}
		sent <- client.CloseWrite()
	}()
	reads, got, buf := 0, 0, make([]byte, piece)
	for {
		n, err := server.Read(buf)
		reads, got = reads+1, got+n
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := <-sent; err != nil || got != size {
		t.Fatal(got, err)
	}
	if n := ca.writes.Load(); n != size/piece+1 {
		t.Errorf("%d writes of %d pieces", n, size/piece)
	}
	if most := size / maxPlaintext * 3 / 4; reads > most {
		t.Errorf("%d reads of a Conn, want at most %d", reads, most)
	}
}

// TestTruncated ends a connection below TLS, at and within a record.
func TestTruncated(t *testing.T) {
	for _, extra := range []string{"", "\x17\x03\x03", "\x17\x03\x03\x00\x50123"} {
		client, server := connected(t, "1.3")
		if _, err := client.Write([]byte("all there is")); err != nil {
			t.Fatal(err)
		}
		io.WriteString(client.NetConn(), extra)
		client.NetConn().(*net.TCPConn).CloseWrite()
		got, err := io.ReadAll(server)
		if string(got) != "all there is" || !errors.Is(err, io.ErrUnexpectedEOF) || !as(func(*TruncatedError) bool { return true })(err) {
			t.Errorf("%q: %q, %v", extra, got, err)
		}
	}
}

// TestClose ends a connection by Close and by CloseWrite.
func TestClose(t *testing.T) {
	client, server := connected(t, "1.3")
	client.Close()
	if _, err := server.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after Close: %v", err)
	}
	client, server = connected(t, "1.2")
	if err := client.CloseWrite(); err != nil {
		t.Error(err)
	}
	if err := client.CloseWrite(); err != nil {
		t.Errorf("again: %v", err)
	}
	if _, err := client.Write([]byte("x")); !errors.Is(err, errAfterEnd) {
		t.Errorf("a write after the end: %v", err)
	}
	for range 2 {
		if _, err := server.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("after CloseWrite: %v", err)
		}
	}
	if _, err := server.Write([]byte("late")); err != nil {
		t.Error(err)
	}
	buf := make([]byte, 9)
	if n, err := client.Read(buf); string(buf[:n]) != "late" || err != nil {
		t.Errorf("%q, %v", buf[:n], err)
	}
}

// TestResetAfterData has what came before a reset read.
func TestResetAfterData(t *testing.T) {
	client, server := connected(t, "1.3")
	client.Write(bytes.Repeat([]byte("x"), 50_000))
	for server.NetConn() != nil { // all of it has come
		n, _ := server.Read(make([]byte, 1))
		if n == 1 {
			break
		}
	}
	client.NetConn().(*net.TCPConn).SetLinger(0)
	client.NetConn().Close()
	got, err := io.ReadAll(server)
	if len(got) == 0 || !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestDeadline interrupts a Read and a Write; the Read can be had again.
func TestDeadline(t *testing.T) {
	client, server := connected(t, "1.3")
	server.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v", err)
	}
	server.SetReadDeadline(time.Now().Add(limit))
	client.Write([]byte("x"))
	if n, err := server.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("read again: %d, %v", n, err)
	}
	big := make([]byte, 32<<20)
	client.SetWriteDeadline(time.Now().Add(time.Second))
	n, err := client.Write(big)
	if !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 || n == len(big) {
		t.Errorf("write: %d, %v", n, err)
	}
	client.SetWriteDeadline(time.Time{})
	if _, err := client.Write([]byte("x")); err == nil {
		t.Error("a write after one that failed went well")
	}
	if err := client.CloseWrite(); err == nil {
		t.Error("close_notify after bytes that are missing")
	}
	client.Close()
	got, err := io.Copy(io.Discard, server)
	if !errors.Is(err, io.ErrUnexpectedEOF) || got < int64(n) {
		t.Errorf("%d bytes counted, %d received, %v", n, got, err)
	}
}

// TestSlowPeer has a peer that reads nothing for longer than crypto/tls would
// wait with close_notify.
func TestSlowPeer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 6 s")
	}
	t.Parallel()
	client, server := connected(t, "1.3")
	raw := client.NetConn()
	for _, size := range []int{64 << 10, 1} {
		b := make([]byte, size)
		for refused := 0; refused < 5; { // one alone may be a deadline that was over before the write
			raw.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			if n, _ := raw.Write(b); n > 0 {
				refused = 0
			} else {
				refused++
			}
		}
	}
	raw.SetWriteDeadline(time.Time{})
	ended := make(chan error)
	go func() { ended <- client.CloseWrite() }()
	select {
	case err := <-ended:
		t.Fatalf("close_notify did not wait for room: %v", err)
	case <-time.After(6 * time.Second):
	}
	go io.Copy(io.Discard, server.NetConn())
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestTickets resumes a session.
func TestTickets(t *testing.T) {
	sv, err := (&Config{}).Server()
	if err != nil {
		t.Fatal(err)
	}
	cache := tls.NewLRUClientSessionCache(1)
	for i := range 2 {
		a, b := pair(t)
		done := make(chan outcome)
		go func() {
			c, err := sv.Handshake(t.Context(), b)
			done <- outcome{c, err}
		}()
		c := tls.Client(a, &tls.Config{InsecureSkipVerify: true, ServerName: "localhost", ClientSessionCache: cache})
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		s := <-done
		if s.err != nil || s.c.Info().Resumed != (i == 1) {
			t.Fatal(s.err, i)
		}
		s.c.Write([]byte("x"))
		c.Read(make([]byte, 1))
	}
}
