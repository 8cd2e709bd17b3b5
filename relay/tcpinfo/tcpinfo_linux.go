package tcpinfo

import (
	"cmp"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// UnackedBytes returns how many bytes written to c the peer's system has not
// acknowledged; a FIN counts as one (tcp(7), SIOCOUTQ). What is written to a
// Unix socket has arrived at once. known is false where c is neither.
func UnackedBytes(c net.Conn) (n int64, known bool) {
	if _, unix := c.(*net.UnixConn); unix {
		return 0, true
	}
	if tc, ok := c.(*net.TCPConn); ok {
		control(tc, func(fd int) {
			queued, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
			n, known = int64(queued), err == nil
		})
	}
	return n, known
}

// control calls f with the descriptor of c, unless c is closed.
func control(c syscall.Conn, f func(fd int)) error {
	rc, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return rc.Control(func(fd uintptr) { f(int(fd)) })
}

// AckedBytes returns how many bytes written to c the peer's system has
// acknowledged, and how long ago it acknowledged any; known is false where
// that cannot be told.
func AckedBytes(c net.Conn) (n uint64, ago time.Duration, known bool) {
	info, err := tcpInfo(c)
	if err != nil {
		return 0, 0, false
	}
	return info.Bytes_acked, time.Duration(info.Last_ack_recv) * time.Millisecond, true
}

// tcpCloseWait is the state of a connection whose peer has closed its sending
// half, TCP_CLOSE_WAIT of <netinet/tcp.h>.
const tcpCloseWait = 8

// PeerHasClosed reports whether the EOF of c's peer has arrived, read or not.
func PeerHasClosed(c net.Conn) bool {
	info, err := tcpInfo(c)
	return err == nil && info.State == tcpCloseWait
}

// tcpClose is the state of a connection that has ended, TCP_CLOSE of
// <netinet/tcp.h>.
const tcpClose = 7

// IsClosed reports whether the kernel has torn the connection down (reset or
// timed out). What was not acknowledged by then never will be.
func IsClosed(c net.Conn) bool {
	info, err := tcpInfo(c)
	return err == nil && info.State == tcpClose
}

// ErrorTaken reports whether the connection has ended and no error is left to
// report: some call has returned it, or there was none. A connection whose
// sending half was closed counts as one from the peer's EOF on.
func ErrorTaken(c net.Conn) (taken bool) {
	if tc, ok := c.(*net.TCPConn); ok {
		control(tc, func(fd int) {
			fds := []unix.PollFd{{Fd: int32(fd)}}
			_, err := unix.Poll(fds, 0)
			taken = err == nil && fds[0].Revents&(unix.POLLHUP|unix.POLLERR) == unix.POLLHUP
		})
	}
	return taken
}

// Readable reports whether a read of c would return at once.
func Readable(c net.Conn) (is bool) {
	if sc, ok := c.(syscall.Conn); ok {
		control(sc, func(fd int) {
			fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			n, err := unix.Poll(fds, 0)
			is = err == nil && n > 0
		})
	}
	return is
}

// tcpInfo returns what the system knows of a TCP connection (tcp(7), TCP_INFO).
func tcpInfo(c net.Conn) (info *unix.TCPInfo, err error) {
	tc, ok := c.(*net.TCPConn)
	if !ok {
		return nil, syscall.ENOPROTOOPT
	}
	closed := control(tc, func(fd int) { info, err = unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO) })
	return info, cmp.Or(closed, err)
}

// AwaitPeerGone waits for the peer of c, which is at EOF, to refuse what it is
// sent. It returns the errno of a connection, nil for a Unix socket whose peer
// has closed it after reading everything, and the error of a read deadline.
func AwaitPeerGone(c net.Conn) error {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return syscall.ENOTSUP
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	gone, errno := peerGone, 0
	if _, unix := c.(*net.UnixConn); unix {
		gone = hungUp
	}
	// A reset or a hang-up makes the poller look again; so may anything else.
	err = rc.Read(func(fd uintptr) bool {
		var is bool
		is, errno = gone(int(fd))
		return is
	})
	if err != nil || errno == 0 {
		return err
	}
	return syscall.Errno(errno)
}

// peerGone reports whether the socket fd has an error to report, and which.
func peerGone(fd int) (bool, int) {
	errno, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	return errno != 0, errno
}

// hungUp reports whether the peer of the Unix socket fd has closed it, and the
// error if it had not read everything.
func hungUp(fd int) (bool, int) {
	fds := []unix.PollFd{{Fd: int32(fd)}}
	n, err := unix.Poll(fds, 0)
	if err != nil || n == 0 || fds[0].Revents&(unix.POLLHUP|unix.POLLERR) == 0 {
		return false, 0
	}
	_, errno := peerGone(fd)
	return true, errno
}
