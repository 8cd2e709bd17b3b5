package relay

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// awaitUnread returns nil once nobody reads the pipe f any more, which is
// written to. A read deadline of f, or its closing, ends the wait with an
// error. What is no pipe is an error at once, and so is a FIFO: another reader
// may open it.
func awaitUnread(f *os.File) error {
	d := descOf(f)
	if d.kind != descPipe || isNamed(d.fd) {
		return os.ErrInvalid
	}
	// The poller wakes a reader for POLLERR as well (epoll_ctl(2), EPOLLERR).
	return d.raw.Read(func(fd uintptr) bool {
		fds := []unix.PollFd{{Fd: int32(fd)}}
		n, err := unix.Poll(fds, 0)
		return err == nil && n > 0 && fds[0].Revents&unix.POLLERR != 0
	})
}

// isNamed reports whether a pipe has a name in a file system; nobody knows
// without /proc.
func isNamed(fd int) bool {
	name, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	return err != nil || !strings.HasPrefix(name, "pipe:")
}
