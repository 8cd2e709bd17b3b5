package conn

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// A crowd is a listener at its limit of three, and which connections it has
// evicted.
type crowd struct {
	serving *serving
	begun   chan string

	mu      sync.Mutex
	ended   []string
	changed chan struct{}
}

func newCrowd(t *testing.T) *crowd {
	w := &crowd{begun: make(chan string, 10), changed: make(chan struct{}, 10)}
	l := &Listener{
		Address: addr.Addr{Host: "127.0.0.1"}, KeepOpen: true, MaxConns: 3, Evict: true,
		OnEnd: func(remote net.Addr, err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			var evicted *EvictedError
			if !errors.As(err, &evicted) || evicted.Limit != 3 {
				return
			}
			w.ended = append(w.ended, remote.String())
			w.changed <- struct{}{}
		},
	}
	w.serving = serve(t, l, func(ctx context.Context, c net.Conn) error {
		defer c.Close()
		w.begun <- c.RemoteAddr().String()
		c.Write([]byte("hello"))
		<-ctx.Done()
		return nil
	})
	return w
}

// connect returns a connection that is served.
func (w *crowd) connect(t *testing.T) *net.TCPConn {
	t.Helper()
	c := dialTo(t, "tcp", w.serving.addr("127.0.0.1"))
	if got := await(t, w.begun); got != c.LocalAddr().String() {
		t.Fatalf("%s is served, not %s", got, c.LocalAddr())
	}
	if _, err := c.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

// wantEvicted waits until a connection is evicted, which has to be c.
func (w *crowd) wantEvicted(t *testing.T, c net.Conn) {
	t.Helper()
	await(t, w.changed)
	w.mu.Lock()
	defer w.mu.Unlock()
	if got := w.ended[len(w.ended)-1]; got != c.LocalAddr().String() {
		t.Errorf("%s was ended, not %s", got, c.LocalAddr())
	}
}

// At the limit a connection whose peer has closed its side makes room, and the
// one that has been silent longest does first. Below the limit it is served on.
func TestEvict(t *testing.T) {
	testutil.CheckLeaks(t)
	w := newCrowd(t)
	open, first, second := w.connect(t), w.connect(t), w.connect(t)
	first.CloseWrite()
	time.Sleep(100 * time.Millisecond) // what is measured are milliseconds of silence
	second.CloseWrite()
	time.Sleep(100 * time.Millisecond)
	if len(w.changed) > 0 {
		t.Fatalf("%v was ended below the limit", w.ended)
	}
	for _, closed := range []net.Conn{first, second} {
		w.connect(t)
		w.wantEvicted(t, closed)
	}

	// All others are open: the next one is refused.
	c := dialTo(t, "tcp", w.serving.addr("127.0.0.1"))
	if n, err := c.Read(make([]byte, 5)); n > 0 || err == nil {
		t.Errorf("%d bytes, %v from a connection too many", n, err)
	}
	open.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := open.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the open connection has ended: %v", err)
	}
}
