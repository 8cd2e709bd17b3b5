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

// At the limit a connection whose peer has closed its side makes room, and the
// one that has been silent longest does first. Below the limit it is served on.
func TestEvict(t *testing.T) {
	testutil.CheckLeaks(t)
	var (
		mu      sync.Mutex
		ended   []string
		changed = make(chan struct{}, 10)
		begun   = make(chan string, 10)
	)
	l := &Listener{
		Address: addr.Addr{Host: "127.0.0.1"}, KeepOpen: true, MaxConns: 3, Evict: true,
		OnEnd: func(remote net.Addr, err error) {
			mu.Lock()
			defer mu.Unlock()
			var evicted *EvictedError
			if !errors.As(err, &evicted) || evicted.Limit != 3 {
				return
			}
			ended = append(ended, remote.String())
			changed <- struct{}{}
		},
	}
	s := serve(t, l, func(ctx context.Context, c net.Conn) error {
		defer c.Close()
		begun <- c.RemoteAddr().String()
		c.Write([]byte("hello"))
		<-ctx.Done()
		return nil
	})
	connect := func() *net.TCPConn {
		c := dialTo(t, "tcp", s.addr("127.0.0.1"))
		if got := await(t, begun); got != c.LocalAddr().String() {
			t.Fatalf("%s is served, not %s", got, c.LocalAddr())
		}
		if _, err := c.Read(make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		return c.(*net.TCPConn)
	}
	open, first, second := connect(), connect(), connect()
	first.CloseWrite()
	time.Sleep(100 * time.Millisecond) // what is measured are milliseconds of silence
	second.CloseWrite()
	time.Sleep(100 * time.Millisecond)
	if len(changed) > 0 {
		t.Fatalf("%v was ended below the limit", ended)
	}
	for _, closed := range []net.Conn{first, second} {
		connect()
		await(t, changed)
		mu.Lock()
		if got := ended[len(ended)-1]; got != closed.LocalAddr().String() {
			t.Errorf("%s was ended, not %s", got, closed.LocalAddr())
		}
		mu.Unlock()
	}

	// All others are open: the next one is refused.
	c := dialTo(t, "tcp", s.addr("127.0.0.1"))
	if n, err := c.Read(make([]byte, 5)); n > 0 || err == nil {
		t.Errorf("%d bytes, %v from a connection too many", n, err)
	}
	open.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := open.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the open connection has ended: %v", err)
	}
}
