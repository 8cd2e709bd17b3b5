//go:build unix

package relay

import (
	"context"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// PassFd returns a Handler that sends the connection's descriptor over out,
// a Unix socket, and is done: the way of ssh's ProxyUseFdpass
// (ssh_config(5)). One zero byte goes with the descriptor (unix(7),
// SCM_RIGHTS). A failure is a *LocalError.
func PassFd(out *os.File) Handler {
	return func(_ context.Context, c net.Conn) error {
		defer c.Close()
		sc, ok := c.(syscall.Conn)
		if !ok {
			return &LocalError{Op: "write", Err: unix.ENOTSOCK}
		}
		rc, err := sc.SyscallConn()
		if err != nil {
			return err
		}
		var sent error
		err = rc.Control(func(fd uintptr) {
			sent = unix.Sendmsg(int(out.Fd()), []byte{0}, unix.UnixRights(int(fd)), nil, 0)
		})
		if err == nil {
			err = sent
		}
		if err != nil {
			return &LocalError{Op: "write", Err: os.NewSyscallError("sendmsg", err)}
		}
		return nil
	}
}
