package relay

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// unacked returns how many bytes written to c the remote's system has not
// acknowledged; a FIN counts as one (tcp(7), SIOCOUTQ). What is written to a
// Unix socket is the remote's at once. known is false where c is neither.
func unacked(c net.Conn) (n int64, known bool) {
	if _, unix := c.(*net.UnixConn); unix {
		return 0, true
	}
	tc, ok := c.(*net.TCPConn)
	if !ok {
		return 0, false
	}
	rc, err := tc.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = rc.Control(func(fd uintptr) {
		var queued int
		if queued, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); err == nil {
			n, known = int64(queued), true
		}
	})
	return n, known
}

// acked returns how many bytes of what was written to c the remote's system
// has acknowledged, and how long ago it acknowledged anything; known is false
// where nobody can tell.
func acked(c net.Conn) (n uint64, ago time.Duration, known bool) {
	info, err := tcpInfo(c)
	if err != nil {
		return 0, 0, false
	}
	return info.Bytes_acked, time.Duration(info.Last_ack_recv) * time.Millisecond, true
}

// tcpClose is the state of a connection that has ended, TCP_CLOSE of
// <netinet/tcp.h>.
const tcpClose = 7

// gone reports whether the connection that c was is no more: reset, or given
// up by the system. What was not acknowledged then never will be.
func gone(c net.Conn) bool {
	info, err := tcpInfo(c)
	return err == nil && info.State == tcpClose
}

// tcpInfo is what the system knows of a TCP connection (tcp(7), TCP_INFO).
func tcpInfo(c net.Conn) (info *unix.TCPInfo, err error) {
	tc, ok := c.(*net.TCPConn)
	if !ok {
		return nil, syscall.ENOPROTOOPT
	}
	rc, err := tc.SyscallConn()
	if err != nil {
		return nil, err
	}
	if gone := rc.Control(func(fd uintptr) {
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO)
	}); gone != nil {
		return nil, gone
	}
	return info, err
}

// awaitReset waits for the remote of c, which has ended, to refuse what it is
// sent. It returns that error, or the one of a deadline, or nil where nobody
// can tell.
func awaitReset(c net.Conn) error {
	tc, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	rc, err := tc.SyscallConn()
	if err != nil {
		return err
	}
	errno := 0
	// A reset makes the poller look again; so may anything else.
	err = rc.Read(func(fd uintptr) bool {
		errno, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		return errno != 0
	})
	if err != nil {
		return err
	}
	return &net.OpError{Op: "write", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: syscall.Errno(errno)}
}
