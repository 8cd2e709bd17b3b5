//go:build unix

package relay

import (
	"io"
	"net"
	"os"
	"syscall"
)

// rawRead prepares to wait for the descriptor of the connection instead of
// in a Read, which would have to be given a buffer to wait with.
func (s *pageConn) rawRead() {
	if sc, ok := s.c.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			s.raw, s.ready = raw, s.tryRead
		}
	}
}

// tryRead reads what is there, leaving an error in s.err. It reports false,
// for the caller to wait, when nothing is there.
func (s *pageConn) tryRead(fd uintptr) bool {
	in := s.input()
	n, err := syscall.Read(int(fd), in.space())
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), in.space())
	}
	switch {
	case err == syscall.EAGAIN:
		s.rest()
		return false
	case err != nil:
		local := s.c.LocalAddr()
		s.err = &net.OpError{Op: "read", Net: local.Network(), Source: local,
			Addr: s.c.RemoteAddr(), Err: os.NewSyscallError("read", err)}
	case n == 0:
		s.err = io.EOF
	default:
		in.w += n
	}
	return true
}
