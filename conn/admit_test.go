package conn

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

var errAccess = errors.New("on the list")

// deny returns an Access that turns ip away.
func deny(ip string) func(netip.Addr) error {
	return func(remote netip.Addr) error {
		if remote == netip.MustParseAddr(ip) {
			return errAccess
		}
		return nil
	}
}

// dialFrom connects to s from a local address and closes at the end.
func dialFrom(t *testing.T, network, from string, s *serving) net.Conn {
	t.Helper()
	d := Dialer{Network: network, Source: addr.Addr{Host: from}}
	c, err := d.Dial(t.Context(), addr.Addr{Host: "127.0.0.1", Port: portOf(s.at[0])})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(testutil.Timeout))
	return c
}

// A peer that is denied is reported, is not served, and is not the one
// connection of a Listener without KeepOpen.
func TestAccess(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		for _, keep := range []bool{false, true} {
			denied, accepted := make(chan Rejection, 10), make(chan net.Addr, 10)
			s := serve(t, &Listener{
				Network: network, Address: addr.Addr{Host: "127.0.0.1"}, KeepOpen: keep, MaxConns: 1,
				Access:    deny("127.0.0.2"),
				OnDenied:  func(r Rejection) { denied <- r },
				OnRefused: func(r Rejection) { t.Errorf("%v counts", r.Remote) },
				OnAccept:  func(c net.Conn) { accepted <- c.RemoteAddr() },
			}, echoDatagrams)
			bad := dialFrom(t, network, "127.0.0.2", s)
			bad.Write([]byte("let me in"))
			if r := await(t, denied); r.Err != errAccess || r.Remote.String() != bad.LocalAddr().String() {
				t.Errorf("%s, keep open %v: %+v", network, keep, r)
			}
			good := dialFrom(t, network, "127.0.0.3", s)
			exchange(t, good, "hello")
			if a := await(t, accepted); a.String() != good.LocalAddr().String() {
				t.Errorf("%v is accepted", a)
			}
		}
	}
}

// secret is a handshake: the peer sends a byte, and it is 'y'.
func secret(ctx context.Context, c net.Conn) (net.Conn, error) {
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	b := make([]byte, 1)
	if _, err := io.ReadFull(c, b); err != nil {
		return nil, err
	}
	if b[0] != 'y' {
		return nil, errors.New("a wrong word")
	}
	return c, nil
}

// A handshake that fails, or takes its time, neither ends a Listener nor holds up
// the others.
func TestSecure(t *testing.T) {
	for _, keep := range []bool{false, true} {
		failed := make(chan Rejection, 10)
		s := serve(t, &Listener{
			Address: addr.Addr{Host: "127.0.0.1"}, KeepOpen: keep, Secure: secret, HandshakeTimeout: time.Minute,
			OnHandshakeFailed: func(r Rejection) { failed <- r },
		}, echoDatagrams)
		silent := dialTo(t, "tcp", s.addr("127.0.0.1"))
		wrong := dialTo(t, "tcp", s.addr("127.0.0.1"))
		wrong.Write([]byte("n"))
		if r := await(t, failed); r.Remote.String() != wrong.LocalAddr().String() || r.Err == nil {
			t.Errorf("keep open %v: %+v", keep, r)
		}
		right := dialTo(t, "tcp", s.addr("127.0.0.1"))
		right.Write([]byte("y"))
		exchange(t, right, "hello")
		if !keep {
			if _, err := silent.Read(make([]byte, 1)); err == nil {
				t.Error("the silent one is served too")
			}
			if c, err := net.Dial("tcp", s.addr("127.0.0.1")); err == nil {
				c.Close()
				t.Error("it still listens")
			}
		}
		if len(failed) > 0 {
			t.Errorf("keep open %v: %+v", keep, <-failed)
		}
	}
}

// A peer that says nothing is given up, and its place is free again.
func TestHandshakeTimeout(t *testing.T) {
	failed := make(chan Rejection, 1000) // on a busy machine, others may be late as well
	s := serve(t, &Listener{
		Network: "unix", Address: addr.Addr{Path: filepath.Join(t.TempDir(), "s")},
		KeepOpen: true, MaxConns: 1, Secure: secret, HandshakeTimeout: 300 * time.Millisecond,
		OnHandshakeFailed: func(r Rejection) { failed <- r },
	}, echoDatagrams)
	dialTo(t, "unix", s.at[0].String())
	await(t, failed)
	testutil.Eventually(t, "another one is served", func() bool {
		c := dialTo(t, "unix", s.at[0].String())
		defer c.Close()
		c.Write([]byte("y"))
		c.Write([]byte("x"))
		n, _ := c.Read(make([]byte, 1))
		return n == 1
	})
}

// A namedConn has the address that its header has named.
type namedConn struct {
	net.Conn
	remote net.Addr
}

func (c *namedConn) RemoteAddr() net.Addr { return c.remote }

// With a PROXY header access is about the address in it.
func TestHeader(t *testing.T) {
	denied, accepted := make(chan Rejection, 1), make(chan net.Addr, 1)
	s := serve(t, &Listener{
		Address: addr.Addr{Host: "127.0.0.1"}, Access: deny("192.0.2.2"),
		Header: func(ctx context.Context, c net.Conn) (net.Conn, error) {
			b := make([]byte, 4)
			if _, err := io.ReadFull(c, b); err != nil {
				return nil, err
			}
			return &namedConn{c, &net.TCPAddr{IP: b, Port: 7}}, nil
		},
		OnDenied: func(r Rejection) { denied <- r },
		OnAccept: func(c net.Conn) { accepted <- c.RemoteAddr() },
	}, echoDatagrams)
	dialTo(t, "tcp", s.addr("127.0.0.1")).Write([]byte{192, 0, 2, 2})
	if r := await(t, denied); r.Remote.String() != "192.0.2.2:7" {
		t.Errorf("%+v", r)
	}
	c := dialTo(t, "tcp", s.addr("127.0.0.1"))
	c.Write([]byte{192, 0, 2, 3})
	exchange(t, c, "hello")
	if a := await(t, accepted); a.String() != "192.0.2.3:7" {
		t.Error(a)
	}
}

// However many are turned away, at most maxReports a second are reported one by
// one, and none is left out of the count.
func TestRejectionsSummedUp(t *testing.T) {
	const many = 1000
	var calls, counted atomic.Int64
	r := reporter{tell: func(x Rejection) { calls.Add(1); counted.Add(1 + int64(x.More)) }}
	for range many {
		r.report(Rejection{})
	}
	testutil.Eventually(t, "all are counted", func() bool { return counted.Load() == many })
	if n := calls.Load(); n > 3*maxReports { // on a slow machine it takes more than a second
		t.Errorf("%d reports", n)
	}
}

// The last step of Dial is the handshake, over every kind of stream; when it
// fails the connection is closed.
func TestDialSecure(t *testing.T) {
	type secured struct{ net.Conn }
	for _, network := range []string{"tcp", "unix"} {
		at := addr.Addr{Host: "127.0.0.1"}
		if network == "unix" {
			at = addr.Addr{Path: filepath.Join(t.TempDir(), "s")}
		}
		s := serve(t, &Listener{Network: network, Address: at, KeepOpen: true}, echoDatagrams)
		if network == "tcp" {
			at.Port = portOf(s.at[0])
		}
		failure := errors.New("no")
		var with net.Conn
		d := Dialer{Network: network, Secure: func(ctx context.Context, c net.Conn, a addr.Addr) (net.Conn, error) {
			if _, ok := ctx.Deadline(); !ok || a != at {
				t.Errorf("no limit, or %v", a)
			}
			with = c
			return &secured{c}, nil
		}}
		c, err := d.Dial(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, ok := c.(*secured); !ok {
			t.Errorf("%T", c)
		}
		d.Secure = func(_ context.Context, c net.Conn, _ addr.Addr) (net.Conn, error) {
			with = c
			return nil, failure
		}
		_, err = d.Dial(t.Context(), at)
		var e *HandshakeError
		if !errors.As(err, &e) || e.Err != failure || e.Address != at {
			t.Errorf("%#v", err)
		}
		if _, err := with.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: it is left open: %v", network, err)
		}
		d.Timeout = 500 * time.Millisecond // in which the connection has to be made
		d.Secure = func(ctx context.Context, _ net.Conn, _ addr.Addr) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		if _, err = d.Dial(t.Context(), at); !errors.As(err, &e) || e.Limit != d.Timeout {
			t.Errorf("%#v", err)
		}
	}
}
