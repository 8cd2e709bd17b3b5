package sockopt

import (
	"net"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// usesBBR reports whether a TCP socket uses BBR, which paces what it sends by the
// round-trip times that it measures. Within one host these mean nothing, and
// loopback is a fifth as fast as it could be.
func usesBBR(fd uintptr) bool {
	name, err := unix.GetsockoptString(int(fd), unix.SOL_TCP, unix.TCP_CONGESTION)
	return err == nil && strings.HasPrefix(name, "bbr")
}

// What is known of the congestion control that new sockets have: asked once, as
// it is the system's.
const (
	unasked int32 = iota
	isBBR
	isOther
)

var newSockets atomic.Int32

// newSocketsUseBBR reports whether fd, a socket that is new, uses BBR.
func newSocketsUseBBR(fd uintptr) bool {
	if newSockets.Load() == unasked {
		is := isOther
		if usesBBR(fd) {
			is = isBBR
		}
		newSockets.Store(is)
	}
	return newSockets.Load() == isBBR
}

// AvoidBBR is an Option that replaces BBR on a socket that is new. Errors are
// ignored; the only cost is speed.
func AvoidBBR(network string, fd uintptr) error {
	if isTCP(network) && newSocketsUseBBR(fd) {
		replaceCongestion(fd)
	}
	return nil
}

// replaceCongestion sets the first of two congestion controls that the system
// has.
func replaceCongestion(fd uintptr) {
	for _, other := range []string{"cubic", "reno"} {
		if setCongestion(fd, other) == nil {
			break
		}
	}
}

// DisableBBR replaces BBR on a connection whose ends are both on this host.
func DisableBBR(c net.Conn) {
	if inOneHost(c) {
		Descriptor(c, func(fd uintptr) {
			if usesBBR(fd) {
				replaceCongestion(fd)
			}
		})
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
