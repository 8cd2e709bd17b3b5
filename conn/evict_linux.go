package conn

import (
	"net"
	"time"

	"gonc/conn/sockopt"

	"golang.org/x/sys/unix"
)

// tcpCloseWait is the state of a connection whose peer has closed its sending
// half, TCP_CLOSE_WAIT of <netinet/tcp.h>.
const tcpCloseWait = 8

// closedByPeer reports whether c is a TCP connection whose peer has closed its
// side (tcp(7), TCP_INFO), and for how long nothing has come from it. A peer that
// still receives sends acknowledgements.
func closedByPeer(c net.Conn) (silent time.Duration, closed bool) {
	tc, ok := c.(*net.TCPConn)
	if !ok {
		return 0, false
	}
	sockopt.Descriptor(tc, func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO)
		if err == nil && info.State == tcpCloseWait {
			silent, closed = time.Duration(info.Last_ack_recv)*time.Millisecond, true
		}
	})
	return silent, closed
}
