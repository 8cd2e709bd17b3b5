package conn

import (
	"net"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// paced reports whether a TCP socket is under BBR, which paces what it sends
// by the round-trip times that it measures. Where there is no network between
// the ends those tell nothing, and loopback is a fifth as fast as it could be.
func paced(fd uintptr) bool {
	name, err := unix.GetsockoptString(int(fd), unix.SOL_TCP, unix.TCP_CONGESTION)
	return err == nil && strings.HasPrefix(name, "bbr")
}

// unpaced is an Option that takes BBR off. That it fails is no matter but of
// speed.
func unpaced(network string, fd uintptr) error {
	if !isTCP(network) || !paced(fd) {
		return nil
	}
	for _, other := range []string{"cubic", "reno"} {
		if setCongestion(fd, other) == nil {
			break
		}
	}
	return nil
}

// unpace does what unpaced does for a connection that has been made, if both
// its ends are this host.
func unpace(c net.Conn) {
	if inOneHost(c) {
		control(c, func(fd uintptr) { unpaced("tcp", fd) })
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

// pacedListener reports whether what ln accepts is under BBR.
func pacedListener(ln net.Listener) (yes bool) {
	control(ln, func(fd uintptr) { yes = paced(fd) })
	return yes
}

// control calls f with the descriptor of a connection or a listener.
func control(c any, f func(fd uintptr)) {
	if sc, ok := c.(syscall.Conn); ok {
		if rc, err := sc.SyscallConn(); err == nil {
			rc.Control(f)
		}
	}
}
