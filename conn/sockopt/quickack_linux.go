package sockopt

import (
	"net"

	"golang.org/x/sys/unix"
)

// AckNow has a TCP connection acknowledge at once what it has received, if that
// is still to be done. The system otherwise waits up to 40 ms for data that the
// acknowledgement could go with, and a peer with Nagle's algorithm on (RFC 1122
// section 4.2.3.4) sends nothing meanwhile.
func AckNow(c net.Conn) {
	Descriptor(Bare(c), func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) })
}
