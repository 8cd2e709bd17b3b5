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
)

// An oddConn is a connection some of whose methods are others.
type oddConn struct {
	net.Conn
	read, write func([]byte) (int, error)
	closeWrite  func() error
	close       error
}

func (c *oddConn) Read(b []byte) (int, error) {
	if c.read != nil {
		return c.read(b)
	}
	return c.Conn.Read(b)
}

func (c *oddConn) Write(b []byte) (int, error) {
	if c.write != nil {
		return c.write(b)
	}
	return c.Conn.Write(b)
}

func (c *oddConn) CloseWrite() error {
	if c.closeWrite != nil {
		return c.closeWrite()
	}
	return nil
}

func (c *oddConn) Close() error { return errors.Join(c.Conn.Close(), c.close) }

type lazy struct{}

func (lazy) Read([]byte) (int, error) { return 0, nil }

type lazyWriter struct{}

func (lazyWriter) Write(p []byte) (int, error) { return len(p) - 1, nil }

// An oddForward joins two connections in memory, the odd one of which is here.
type oddForward struct {
	joined       [2]net.Conn
	there, other net.Conn // the peers of the odd connection, and of the other one
	ended        <-chan error
}

// newOddForward has the target be the odd one, or the client.
func newOddForward(oddTarget bool, odd *oddConn, p Policy) *oddForward {
	here, there := net.Pipe()
	out, other := net.Pipe()
	odd.Conn = here
	var client, target net.Conn = &oddConn{Conn: out}, odd
	if !oddTarget {
		client, target = target, client
	}
	f := &Forward{Dial: func(context.Context) (net.Conn, error) { return target, nil }, Policy: p}
	return &oddForward{[2]net.Conn{here, out}, there, other, serving(context.Background(), f.Serve, client)}
}

// A side that misbehaves ends the session, with an error that names it, and both
// are closed. A Close that fails has lost nothing.
func TestForwardOddSides(t *testing.T) {
	closing := errors.New("close failed")
	for _, c := range []struct {
		name string
		odd  oddConn
		do   func(f *oddForward)
		err  error
	}{
		{"a reader that never gives anything", oddConn{read: lazy{}.Read}, func(f *oddForward) {}, io.ErrNoProgress},
		{"a writer that writes short", oddConn{write: lazyWriter{}.Write}, func(f *oddForward) {
			io.WriteString(f.other, "hello")
			f.there.Close()
		}, io.ErrShortWrite},
		{"a half-close that fails", oddConn{closeWrite: func() error { return closing }}, func(f *oddForward) {
			f.other.Close()
			f.there.Close()
		}, closing},
		{"a close that fails", oddConn{close: closing}, func(f *oddForward) {
			io.WriteString(f.other, "hello")
			io.ReadFull(f.there, make([]byte, 5))
			f.other.Close()
			f.there.Close()
		}, nil},
	} {
		for _, side := range []string{"target", "connection from"} {
			t.Run(c.name+", "+side, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					odd := c.odd
					f := newOddForward(side == "target", &odd, Policy{})
					c.do(f)
					err := <-f.ended
					var peer *PeerError
					if !errors.Is(err, c.err) || c.err != nil && (!errors.As(err, &peer) || !strings.HasPrefix(peer.Name, side)) {
						t.Errorf("ended with %v", err)
					}
					for _, joined := range f.joined {
						if _, err := joined.Read(make([]byte, 1)); err != io.ErrClosedPipe {
							t.Errorf("a connection is not closed: %v", err)
						}
					}
				})
			})
		}
	}
}

// A byte an hour is not idle for two, whichever side sends it.
func TestForwardSlowPeer(t *testing.T) {
	for _, oddTarget := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			f := newOddForward(oddTarget, &oddConn{}, Policy{Idle: 2 * time.Hour})
			begin := time.Now()
			for range 5 {
				time.Sleep(time.Hour)
				f.there.Write([]byte{1})
				io.ReadFull(f.other, make([]byte, 1))
			}
			if err := <-f.ended; err != ErrIdle {
				t.Errorf("ended with %v", err)
			}
			if took := time.Since(begin).Truncate(time.Minute); took != 7*time.Hour {
				t.Errorf("ended after %v", took)
			}
		})
	}
}
