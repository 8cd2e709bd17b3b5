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
	probed := func() bool { return option(t, here, unix.SOL_SOCKET, unix.SO_KEEPALIVE) == 1 }
	there.CloseWrite()
	testutil.Eventually(t, "it is asked", probed)
	w.Close()
	testutil.Await(t, relay, "the relay")
}

// option returns an option of the socket of c.
func option(t *testing.T, c *net.TCPConn, level, name int) (value int) {
	t.Helper()
	must(c.SyscallConn()).Control(func(fd uintptr) { value = must(unix.GetsockoptInt(int(fd), level, name)) })
	return value
}
