package conn

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

// A failingListener fails once, and is closed ever after.
type failingListener struct {
	net.Listener
	errs chan error
}

func (f *failingListener) Accept() (net.Conn, error) {
	select {
	case err := <-f.errs:
		return nil, err
	default:
		return f.Listener.Accept()
	}
}

func newFailing(t *testing.T, errs ...error) *failingListener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &failingListener{ln, make(chan error, len(errs))}
	for _, err := range errs {
		f.errs <- err
	}
	return f
}

// run serves what lns accept as l does.
func run(ctx context.Context, l *Listener, handle func(context.Context, net.Conn) error, lns ...net.Listener) error {
	var socks []socket
	for _, ln := range lns {
		socks = append(socks, &streamSocket{Listener: ln})
	}
	return newServer(l, handle).run(ctx, socks)
}

// What one of two listeners fails with is the result, though the other one is
// closed over it.
func TestAcceptFails(t *testing.T) {
	failure := errors.New("accept fails")
	for range 50 {
		if err := run(t.Context(), &Listener{}, discard, newFailing(t, failure), newFailing(t)); err != failure {
			t.Fatalf("one: %v", err)
		}
		if err := run(t.Context(), &Listener{KeepOpen: true}, discard, newFailing(t), newFailing(t, failure)); err != failure {
			t.Fatalf("many: %v", err)
		}
	}
}

// A want of resources passes: it is said once, and the connection is accepted.
func TestAcceptRetries(t *testing.T) {
	short := &net.OpError{Op: "accept", Err: syscall.EMFILE}
	ln := newFailing(t, short, short, short)
	defer ln.Close()
	told := 0
	l := &Listener{OnRetry: func(err error) {
		told++
		if err != error(short) {
			t.Error(err)
		}
	}}
	dialTo(t, "tcp", ln.Addr().String())
	c, err := (&streamSocket{Listener: ln}).accept(newServer(l, nil))
	if err != nil || told != 1 {
		t.Fatalf("%v, told %d times", err, told)
	}
	c.Close()
}

// A connection that was reset before it is accepted is none.
func TestAcceptReset(t *testing.T) {
	ln := newFailing(t)
	c := dialTo(t, "tcp", ln.Addr().String()).(*net.TCPConn)
	c.SetLinger(0)
	c.Close()
	got := make(chan error, 1)
	l := &Listener{KeepOpen: true}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- run(ctx, l, func(ctx context.Context, c net.Conn) error {
			err := echoDatagrams(ctx, c)
			if err != nil && !errors.Is(err, syscall.ECONNRESET) {
				got <- err
			}
			return err
		}, ln)
	}()
	next := dialTo(t, "tcp", ln.Addr().String())
	exchange(t, next, "next")
	next.Close()
	if err := await(t, got); err != io.EOF {
		t.Error(err)
	}
	cancel()
	if err := await(t, served); err != nil {
		t.Error(err)
	}
}
