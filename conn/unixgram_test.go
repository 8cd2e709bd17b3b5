//go:build unix

package conn

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
)

// dialUnixgram connects to path from a socket that can be answered.
func dialUnixgram(t *testing.T, path string) net.Conn {
	t.Helper()
	c, err := (&Dialer{Network: "unixgram"}).Dial(t.Context(), addr.Addr{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

// With KeepOpen each sender has a session, which is reported as the sender's.
func TestUnixgramSessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	accepted := make(chan string, 10)
	l := &Listener{Network: "unixgram", Address: addr.Addr{Path: path}, KeepOpen: true}
	l.OnAccept = func(c net.Conn) { accepted <- c.RemoteAddr().String() }
	s := serve(t, l, echoDatagrams)
	one, two := dialUnixgram(t, path), dialUnixgram(t, path)
	for _, c := range []net.Conn{one, two} {
		exchange(t, c, "hello")
		if name := await(t, accepted); name != c.LocalAddr().String() {
			t.Errorf("told of %q", name)
		}
	}
	for _, c := range []net.Conn{one, two, one} {
		exchange(t, c, "")
		exchange(t, c, c.LocalAddr().String())
	}
	if len(accepted) > 0 {
		t.Errorf("a second session for %s", <-accepted)
	}
	s.cancel()
	if err := await(t, s.ended); err != nil || exists(path) {
		t.Errorf("ended with %v; socket left: %v", err, exists(path))
	}
}

// A sender that has gone ends its own session and no other.
func TestUnixgramSessionGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	gone, ended := make(chan bool), make(chan error, 10)
	l := &Listener{Network: "unixgram", Address: addr.Addr{Path: path}, KeepOpen: true}
	l.OnEnd = func(_ net.Addr, err error) { ended <- err }
	s := serve(t, l, func(ctx context.Context, c net.Conn) error {
		buf := make([]byte, 10)
		n, err := c.Read(buf)
		if string(buf[:n]) != "leaves" || err != nil {
			c.Write(buf[:n])
			return echoDatagrams(ctx, c)
		}
		defer c.Close()
		<-gone
		_, err = c.Write([]byte("where are you?"))
		return err
	})
	leaves, stays := dialUnixgram(t, path), dialUnixgram(t, path)
	name := leaves.LocalAddr().String()
	leaves.Write([]byte("leaves"))
	exchange(t, stays, "stays")
	leaves.Close()
	close(gone)
	var e *net.OpError
	if err := await(t, ended); !errors.Is(err, syscall.ENOENT) || !errors.As(err, &e) || e.Addr.String() != name {
		t.Errorf("its session ended with %v", err)
	}
	exchange(t, stays, "still")
	exchange(t, dialUnixgram(t, path), "new")
	s.cancel()
	await(t, s.ended)
}

// Senders without a name share a session, which says that it cannot be
// answered.
func TestUnixgramSessionUnnamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := &Listener{Network: "unixgram", Address: addr.Addr{Path: path}, KeepOpen: true}
	type datagram struct {
		c    net.Conn
		text string
		err  error // of an answer
	}
	got := make(chan datagram, 10)
	serve(t, l, func(_ context.Context, c net.Conn) error {
		defer c.Close()
		for range 2 {
			buf := make([]byte, 10)
			n, err := c.Read(buf)
			if err != nil {
				return err
			}
			_, err = c.Write(buf[:n])
			got <- datagram{c, string(buf[:n]), err}
		}
		return nil
	})
	var session net.Conn
	for _, text := range []string{"", "hello"} {
		dialTo(t, "unixgram", path).Write([]byte(text))
		d := await(t, got)
		if d.text != text || session != nil && d.c != session {
			t.Errorf("%q of %v; want %q", d.text, d.c, text)
		}
		session = d.c
		var e *net.OpError
		if errors.Is(d.err, syscall.EDESTADDRREQ) != (text != "") || errors.As(d.err, &e) && e.Addr.Network() != "unixgram" {
			t.Errorf("%q is answered: %v", text, d.err)
		}
	}
}

// A datagram that is longer than what is read at once is an error wherever it
// arrives, and with KeepOpen of its sender's session alone.
func TestUnixgramTooLong(t *testing.T) {
	dir := t.TempDir()
	long := make([]byte, maxDatagram+1)
	for _, keep := range []bool{false, true} {
		for _, before := range []string{"", "before"} {
			path := filepath.Join(dir, "s")
			ended := make(chan error, 10)
			l := &Listener{Network: "unixgram", Address: addr.Addr{Path: path}, KeepOpen: keep}
			l.OnEnd = func(_ net.Addr, err error) { ended <- err }
			s := serve(t, l, echoDatagrams)
			c := dialUnixgram(t, path)
			if before != "" {
				exchange(t, c, before)
			}
			if _, err := c.Write(long); err != nil {
				t.Skip(err) // some systems have a limit of their own
			}
			if !keep {
				ended = s.ended
			}
			var e *net.OpError
			if err := await(t, ended); !errors.Is(err, syscall.EMSGSIZE) || !errors.As(err, &e) || e.Addr.String() != c.LocalAddr().String() {
				t.Errorf("after %q: ended with %v", before, err)
			}
			if keep {
				exchange(t, c, "again")
			}
			c.Close()
			if s.cancel(); keep {
				await(t, s.ended)
			}
		}
	}
}

// A client's answer may be as much too long.
func TestUnixgramAnswerTooLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	server, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	c := dialUnixgram(t, path)
	if _, err := server.WriteToUnix(make([]byte, maxDatagram+1), c.LocalAddr().(*net.UnixAddr)); err != nil {
		t.Skip(err)
	}
	buf := make([]byte, maxDatagram)
	if n, err := c.Read(buf); n != len(buf) || !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("%d bytes, %v", n, err)
	}
	c.SetReadDeadline(time.Unix(1, 0))
	if n, err := c.Read(buf); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes, %v", n, err)
	}
}
