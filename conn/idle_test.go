package conn

import (
	"context"
	"net"
	"runtime"
	"testing"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// Of the goroutines that served many connections at once a few wait for others,
// which they serve; none is left when the Listener ends.
func TestIdleGoroutines(t *testing.T) {
	testutil.CheckLeaks(t)
	const many = 5 * idleMost
	begun, release := make(chan struct{}, many), make(chan struct{})
	s := serve(t, &Listener{Address: addr.Addr{Host: "127.0.0.1"}, KeepOpen: true}, func(_ context.Context, c net.Conn) error {
		defer c.Close()
		begun <- struct{}{}
		<-release
		return nil
	})
	before := runtime.NumGoroutine()
	few := func() bool { return runtime.NumGoroutine() <= before+idleMost }
	for range many {
		dialTo(t, "tcp", s.addr("127.0.0.1"))
	}
	for range many {
		await(t, begun)
	}
	if few() {
		t.Error("not every connection has a goroutine")
	}
	close(release)
	testutil.Eventually(t, "the end of most goroutines", few)
	for range many {
		dialTo(t, "tcp", s.addr("127.0.0.1"))
		await(t, begun)
	}
	testutil.Eventually(t, "the end of most goroutines", few)
}
