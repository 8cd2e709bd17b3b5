package conn

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// isMomentary reports whether an error of accept or of receiving says nothing
// of the socket itself: it is about one connection (accept(2) lists the errors
// of the network that Linux passes on: ENETDOWN, EPROTO, EHOSTUNREACH, ...), a
// firewall's doing (EPERM), or of a shortage (EMFILE, ENFILE, ENOBUFS, ENOMEM).
// The next call may succeed. Only what says that the socket is unusable is
// permanent.
func isMomentary(err error) bool {
	if errors.Is(err, net.ErrClosed) {
		return false
	}
	for _, errno := range []syscall.Errno{syscall.EBADF, syscall.EINVAL, syscall.ENOTSOCK, syscall.EFAULT} {
		if errors.Is(err, errno) {
			return false
		}
	}
	return errors.As(err, new(syscall.Errno))
}

// A backoff is the pause between two tries, which grows from 5 to 100 ms.
type backoff struct{ next time.Duration }

func (b *backoff) pause() {
	b.next = min(max(2*b.next, 5*time.Millisecond), 100*time.Millisecond)
	time.Sleep(b.next)
}
