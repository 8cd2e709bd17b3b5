//go:build unix

package testutil

import "syscall"

// alone has a port bound only if not even a connection in TIME_WAIT has it, as
// programs bind that do not set SO_REUSEADDR: Go sets it for each listener.
func alone(_, _ string, c syscall.RawConn) error {
	var err error
	if e := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0)
	}); e != nil {
		return e
	}
	return err
}
