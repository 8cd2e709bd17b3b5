package sockopt

import "syscall"

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
