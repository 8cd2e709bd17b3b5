package conn

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// When descriptors run out, connections wait until there are some again, the
// processor has nothing to do meanwhile, and it is said once.
func TestServeFewDescriptors(t *testing.T) {
	if !testutil.InChild() {
		testutil.InProcess(t, nil)
		return
	}
	short, release := make(chan error, 100), make(chan struct{})
	var served atomic.Int32
	l := &Listener{
		Address:  addr.Addr{Host: "127.0.0.1"},
		KeepOpen: true,
		OnRetry:  func(err error) { short <- err },
	}
	s := serve(t, l, func(_ context.Context, c net.Conn) error {
		served.Add(1)
		<-release
		io.WriteString(c, "served")
		return c.Close()
	})
	const clients = 20
	fds := make([]int, clients)
	for i := range fds {
		fds[i] = clientSocket(t)
	}
	testutil.LimitDescriptors(t, uint64(fds[clients-1]+1+clients/2))
	for _, fd := range fds {
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(addr.PortOf(s.at[0])), Addr: testutil.Loopback4.As4()}); err != nil {
			t.Fatal(err)
		}
	}
	await(t, short)
	if n := served.Load(); n >= clients {
		t.Errorf("%d are served", n)
	}
	awaitRest(t)
	if len(short) > 0 {
		t.Errorf("said again: %v", <-short)
	}
	close(release)
	for i, fd := range fds {
		buf := make([]byte, 10)
		if n, err := unix.Read(fd, buf); string(buf[:max(n, 0)]) != "served" {
			t.Errorf("connection %d: %q, %v", i, buf[:max(n, 0)], err)
		}
	}
}

// clientSocket returns a socket that waits at most for patience.
func clientSocket(t *testing.T) int {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	tv := unix.NsecToTimeval(int64(patience))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		t.Fatal(err)
	}
	return fd
}

// awaitRest waits until this process, which only waits, spends next to no
// processor time. At first it may still be at work, on a busy machine.
func awaitRest(t *testing.T) {
	t.Helper()
	used := func() time.Duration {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	const watched = 500 * time.Millisecond
	testutil.Eventually(t, "it spends no processor time", func() bool {
		before := used()
		time.Sleep(watched)
		return used()-before < watched/4
	})
}

// However a listener ends, it leaves neither descriptors nor goroutines.
func TestServeLeaks(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		busy := serve(t, &Listener{Network: network, Address: addr.Addr{Host: "127.0.0.1"}, KeepOpen: true}, discard)
		t.Run(network, func(t *testing.T) {
			testutil.CheckLeaks(t)
			for _, keep := range []bool{false, true} {
				l := &Listener{Network: network, KeepOpen: keep, Address: addr.Addr{Port: portOf(busy.at[0])}}
				if err := l.Serve(t.Context(), discard); err == nil {
					t.Error("the port is shared")
				}
				l = &Listener{Network: network, KeepOpen: keep, AcceptTimeout: time.Millisecond}
				if err := l.Serve(t.Context(), discard); err == nil {
					t.Error("a peer has connected")
				}
				s := serve(t, &Listener{Network: network, KeepOpen: keep}, discard)
				s.cancel()
				await(t, s.ended)
				s = serve(t, &Listener{Network: network, KeepOpen: keep}, echoDatagrams)
				c := dialTo(t, network, s.addr("127.0.0.1"))
				exchange(t, c, "hello")
				c.Close()
				s.cancel()
				await(t, s.ended)
			}
		})
	}
}
