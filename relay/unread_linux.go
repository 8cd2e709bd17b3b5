package relay

import (
	"os"

	"golang.org/x/sys/unix"
)

// awaitUnread returns nil once nobody reads the pipe f any more, which is
// written to. A read deadline of f, or its closing, ends the wait with an
// error. What is no pipe is an error at once.
func awaitUnread(f *os.File) error {
	d := descOf(f)
	if d.kind != descPipe {
		return os.ErrInvalid
	}
	// The poller wakes a reader for POLLERR as well (epoll_ctl(2), EPOLLERR).
	return d.raw.Read(func(fd uintptr) bool {
		fds := []unix.PollFd{{Fd: int32(fd)}}
		n, err := unix.Poll(fds, 0)
		return err == nil && n > 0 && fds[0].Revents&unix.POLLERR != 0
	})
}
