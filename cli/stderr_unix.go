//go:build unix

package cli

import (
	"golang.org/x/sys/unix"
)

// A stderrWriter writes to standard error. It goes round os.Stderr, with which
// a reader that has gone would end the program by SIGPIPE, and waits where the
// descriptor was made non-blocking by another process.
type stderrWriter struct{}

func (stderrWriter) Write(p []byte) (n int, err error) {
	for n < len(p) {
		m, err := unix.Write(2, p[n:])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			unix.Poll([]unix.PollFd{{Fd: 2, Events: unix.POLLOUT}}, -1)
		case err != nil:
			return n, err
		default:
			n += m
		}
	}
	return n, nil
}
