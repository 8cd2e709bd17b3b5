package conn

import (
	"context"
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// patience bounds every wait for what has to come.
const patience = testutil.Timeout

// await returns what comes of ch.
func await[T any](t *testing.T, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatal("what has to come does not come")
	}
	return v
}

// A serving is a Listener at work.
type serving struct {
	at     []net.Addr
	ended  chan error // what Serve returned
	cancel context.CancelFunc
}

// serve starts l, and waits until it listens. At the end of the test its
// context ends, and Serve has to return.
func serve(t *testing.T, l *Listener, handle func(context.Context, net.Conn) error) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &serving{ended: make(chan error, 1), cancel: cancel}
	at, returned := make(chan []net.Addr, 1), make(chan struct{})
	told := l.OnListen
	l.OnListen = func(a []net.Addr) {
		if told != nil {
			told(a)
		}
		at <- a
	}
	go func() {
		defer close(returned)
		s.ended <- l.Serve(ctx, handle)
	}()
	t.Cleanup(func() {
		cancel()
		await(t, returned)
	})
	select {
	case s.at = <-at:
	case err := <-s.ended:
		t.Fatalf("does not listen: %v", err)
	case <-time.After(patience):
		t.Fatal("does not listen")
	}
	return s
}

// addr returns where to connect to s on host.
func (s *serving) addr(host string) string { return net.JoinHostPort(host, portOf(s.at[0])) }

func portOf(a net.Addr) string { return strconv.Itoa(int(addr.PortOf(a))) }

// discard is a handler that reads to the end.
func discard(ctx context.Context, c net.Conn) error {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Unix(1, 0)) })()
	_, err := io.Copy(io.Discard, c)
	return err
}

// hold is a handler that keeps the connection until ctx is done.
func hold(ctx context.Context, c net.Conn) error {
	defer c.Close()
	<-ctx.Done()
	return nil
}

// dialTo connects to addr, and closes the connection at the end of the test.
func dialTo(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout(network, addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}
