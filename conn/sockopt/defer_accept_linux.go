package sockopt

import "golang.org/x/sys/unix"

// DeferAccept sets TCP_DEFER_ACCEPT. Errors are ignored; the only cost is speed.
func DeferAccept(_ string, fd uintptr) error {
	unix.SetsockoptInt(int(fd), unix.SOL_TCP, unix.TCP_DEFER_ACCEPT, 1)
	return nil
}
