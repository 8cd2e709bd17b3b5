//go:build unix

package cli

import (
	"net"

	"golang.org/x/sys/unix"
)

// shrinkBacklog leaves room for one connection that is not accepted.
func shrinkBacklog(ln net.Listener) error {
	raw, err := ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		return err
	}
	raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), 0) })
	return err
}
