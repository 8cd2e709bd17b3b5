package stdfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// AwaitReaderGone returns nil once nothing reads the pipe that f writes. A
// read deadline of f, or closing it, ends the wait with an error. What is no
// pipe is an error at once, and so is a FIFO, which may get another reader.
func AwaitReaderGone(f *os.File) error {
	rc, err := f.SyscallConn()
	if err != nil {
		return err
	}
	refused := os.ErrInvalid
	rc.Control(func(fd uintptr) {
		if KindOf(int(fd)) == Pipe && !isNamed(int(fd)) {
			refused = nil
		}
	})
	if refused != nil {
		return refused
	}
	// The poller wakes a reader for POLLERR as well (epoll_ctl(2), EPOLLERR).
	return rc.Read(func(fd uintptr) bool {
		fds := []unix.PollFd{{Fd: int32(fd)}}
		n, err := unix.Poll(fds, 0)
		return err == nil && n > 0 && fds[0].Revents&unix.POLLERR != 0
	})
}
