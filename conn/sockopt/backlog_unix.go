//go:build unix

package sockopt

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// SetBacklog sets how many connections may wait on ln, which net has made to
// listen with the largest backlog of the system. A second listen(2) changes
// the number alone.
func SetBacklog(ln net.Listener, n int) error {
	rc, err := ln.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := rc.Control(func(fd uintptr) { failed = unix.Listen(int(fd), n) }); err != nil {
		return err
	}
	return os.NewSyscallError("listen", failed)
}
