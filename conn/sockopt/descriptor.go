package sockopt

import (
	"net"
	"syscall"
)

// Descriptor calls f with the descriptor of c, a connection or a listener, unless
// it is closed or has none.
func Descriptor(c any, f func(fd uintptr)) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	if rc, err := sc.SyscallConn(); err == nil {
		rc.Control(f)
	}
}

// Bare returns the connection below c, which may be TLS or wrapped otherwise.
func Bare(c net.Conn) net.Conn {
	for {
		w, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = w.NetConn()
	}
}
