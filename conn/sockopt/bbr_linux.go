package sockopt

import (
	"net"
	"strings"

	"golang.org/x/sys/unix"
)

// usesBBR reports whether a TCP socket uses BBR, which paces what it sends by the
// round-trip times that it measures. Within one host these mean nothing, and
// loopback is a fifth as fast as it could be.
func usesBBR(fd uintptr) bool {
	name, err := unix.GetsockoptString(int(fd), unix.SOL_TCP, unix.TCP_CONGESTION)
	return err == nil && strings.HasPrefix(name, "bbr")
}

// AvoidBBR is an Option that replaces BBR. Errors are ignored; the only cost is
// speed.
func AvoidBBR(network string, fd uintptr) error {
	if !isTCP(network) || !usesBBR(fd) {
		return nil
	}
	for _, other := range []string{"cubic", "reno"} {
		if setCongestion(fd, other) == nil {
			break
		}
	}
	return nil
}

// DisableBBR replaces BBR on a connection whose ends are both on this host.
func DisableBBR(c net.Conn) {
	if inOneHost(c) {
		Descriptor(c, func(fd uintptr) { AvoidBBR("tcp", fd) })
	}
}

func inOneHost(c net.Conn) bool {
	remote, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return false
	}
	local, ok := c.LocalAddr().(*net.TCPAddr)
	return ok && (remote.IP.IsLoopback() || remote.IP.Equal(local.IP))
}

// UsesBBR reports whether the connections that ln accepts use BBR.
func UsesBBR(ln net.Listener) (yes bool) {
	Descriptor(ln, func(fd uintptr) { yes = usesBBR(fd) })
	return yes
}
