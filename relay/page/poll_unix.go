//go:build unix

package page

import (
	"io"
	"net"
	"os"
	"syscall"
)

// rawInit prepares to wait for the descriptor of the connection instead of
// in a Read, which would have to be given a buffer to wait with.
func (s *conn) rawInit() {
	if sc, ok := s.c.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			s.raw, s.ready = raw, s.rawTurn
		}
	}
}

// serveRaw serves like servePlain, on a descriptor. Deadlines are set here and not in
// rawTurn, where the stack would have to grow for them; a connection that is
// answered and closed at once never needs one.
func (s *conn) serveRaw() error {
	for s.err == nil {
		if err := s.raw.Read(s.ready); err != nil {
			return s.starved(err)
		}
		if s.err == nil {
			s.arm(s.limit)
		}
	}
	return s.err
}

// rawTurn answers for as long as there is something to read and then reports
// false, for the runtime to wait and call it again. It reports true at the
// end, with the reason in s.err, and when the deadline has to be moved.
func (s *conn) rawTurn(fd uintptr) bool {
	s.fd = int(fd)
	for s.err == nil {
		n, err := rawRecv(s.fd, s.input().space())
		switch {
		case n > 0:
			s.err = s.took(n)
		case err == syscall.EAGAIN:
			s.rest()
			s.fd = -1
			return s.deadline(s.limit) != s.armed
		case err == nil:
			s.err = s.starved(io.EOF)
		default:
			s.err = s.opError("read", err)
		}
	}
	s.fd = -1
	return true
}

// rest is called before a wait: an idle connection holds no buffer.
func (s *conn) rest() {
	if s.limit.IsZero() && s.in.r == s.in.w {
		s.release()
	}
}

// rawWrite writes what can be written without a wait. During a plain turn
// that is nothing.
func (s *conn) rawWrite(b []byte) (n int, err error) {
	if s.fd < 0 {
		return 0, nil
	}
	n, err = rawSend(s.fd, b)
	if err == syscall.EAGAIN {
		return 0, nil
	}
	if err != nil {
		return 0, s.opError("write", err)
	}
	return n, nil
}

// opError returns the error that Read or Write of package net would return.
func (s *conn) opError(op string, err error) error {
	local := s.c.LocalAddr()
	return &net.OpError{Op: op, Net: local.Network(), Source: local,
		Addr: s.c.RemoteAddr(), Err: os.NewSyscallError(op, err)}
}
