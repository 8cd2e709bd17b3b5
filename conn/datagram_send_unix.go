//go:build unix

package conn

import (
	"net"
	"net/netip"
	"os"
	"syscall"

	"gonc/conn/sockopt"

	"golang.org/x/sys/unix"
)

// udpSender returns a function that sends one datagram to remote, with the
// control messages oob, without blocking.
func udpSender(uc *net.UDPConn, remote netip.AddrPort, oob []byte) func([]byte) error {
	return datagramSender(uc, sockopt.Sockaddr(remote), oob)
}

// unixSender does the same for the Unix socket called name.
func unixSender(uc *net.UnixConn, name string) func([]byte) error {
	return datagramSender(uc, &unix.SockaddrUnix{Name: name}, nil)
}

// datagramSender bypasses c.Write, which blocks while the buffer is full and
// holds the write lock.
func datagramSender(c syscall.Conn, to unix.Sockaddr, oob []byte) func([]byte) error {
	rc, err := c.SyscallConn()
	if err != nil {
		return func([]byte) error { return err }
	}
	return func(b []byte) (err error) {
		closed := rc.Control(func(fd uintptr) {
			for err = unix.EINTR; err == unix.EINTR; {
				_, err = unix.SendmsgN(int(fd), b, oob, to, 0)
			}
		})
		if closed != nil {
			return net.ErrClosed
		}
		return os.NewSyscallError("sendmsg", err)
	}
}
