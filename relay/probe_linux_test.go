package relay

import (
	"context"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

// A remote that has sent its last byte, and may be gone, is asked for as long
// as there is something to be sent to it.
func TestProbedAfterEOF(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	here.SetKeepAlive(false) // as package conn has it
	in, w := stdinPipe(t)
	relay := piping(context.Background(), files(t, in, nil), Conn(here), Policy{})
	probed := func() bool { return keepAlive(t, here) == 1 }
	there.CloseWrite()
	testutil.Eventually(t, "it is asked", probed)
	w.Close()
	testutil.Await(t, relay, "the relay")
}

func keepAlive(t *testing.T, c *net.TCPConn) (on int) {
	t.Helper()
	must(c.SyscallConn()).Control(func(fd uintptr) {
		on = must(unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE))
	})
	return on
}
