package zerocopy

import (
	"io"
	"net"
	"os"

	"gonc/relay/stdfile"

	"golang.org/x/sys/unix"
)

// Copy moves what r gives to w inside the kernel, if both are descriptors that
// allow it. When handled is false they don't, and plain reads and writes go on from
// where the flow stands: at most what had to be moved to find out has been. buf is
// for what has to be read plainly.
//
// rerr is a failed read, werr a failed write, without the operation and the
// addresses that package net reports; a flow that was stopped ends with
// os.ErrDeadlineExceeded. left are the bytes that a write which failed left, but for
// those given to WriteAll.
func Copy(f Flow, r io.Reader, w io.Writer, buf []byte) (handled bool, left int64, rerr, werr error) {
	s := splicer{Flow: f, r: r, w: w, buf: buf, src: inspect(r), dst: inspect(w)}
	switch {
	case s.src.kind == stdfile.File && s.dst.kind == stdfile.Socket:
		s.cork(1)
		defer s.cork(0)
	case s.src.kind == stdfile.Pipe && s.dst.kind == stdfile.Socket, s.src.kind == stdfile.Socket && s.dst.spliceable():
	default:
		return false, 0, nil, nil
	}
	p, err := newSplicePipe(&s.src, &s.dst)
	if err != nil {
		return Sendfile(f, r, w, buf)
	}
	defer p.close()
	handled, rerr, werr = s.splice(p)
	return handled, s.left, rerr, werr
}

// A splicer is a flow between two descriptors.
type splicer struct {
	Flow
	r        io.Reader
	w        io.Writer
	buf      []byte // for plain reads
	src, dst fd
	left     int64 // bytes that a write which failed left
}

// cork sets TCP_CORK (tcp(7)), with which a socket sends full segments only;
// taking it off sends what was held back. It is for a file, which has no
// pauses that the last bytes would have to wait out.
func (s *splicer) cork(on int) {
	if _, ok := s.w.(*net.TCPConn); ok {
		unix.SetsockoptInt(s.dst.num, unix.SOL_TCP, unix.TCP_CORK, on)
	}
}

// splice moves everything from src to dst, through p.
//
// A pipe could be spliced with a socket directly. But it is locked for as long
// as that takes, and the program at its other end could not go on; from pipe
// to pipe only pointers are moved.
func (s *splicer) splice(p *splicePipe) (handled bool, rerr, werr error) {
	var callers enlargement
	defer callers.giveBack()
	for !s.Stopped() {
		n, err := p.in.move(pipeSize)
		switch {
		case unsupported(err): // p is empty, so nothing is skipped
			return false, nil, nil
		case err != nil:
			return true, err, nil
		case n == 0:
			if eof, rerr, werr := s.plain(); eof || rerr != nil || werr != nil {
				return true, rerr, werr
			}
			continue
		}
		s.NoteRead()
		callers.note(n, &s.src, &s.dst)
		s.SetWriting(true)
		refused, err := s.drain(p, n)
		s.SetWriting(false)
		switch {
		case err != nil:
			return true, nil, err
		case refused:
			return false, nil, nil
		}
	}
	return true, os.ErrDeadlineExceeded, nil
}

// plain reads and writes once, where splice(2) found nothing: only a plain
// read can tell EOF from bytes that splice does not take.
func (s *splicer) plain() (eof bool, rerr, werr error) {
	n, err := s.r.Read(s.buf)
	if n > 0 {
		s.NoteRead()
	}
	if werr := s.WriteAll(s.buf[:n]); werr != nil {
		return false, nil, werr
	}
	if err == io.EOF {
		return true, nil, nil
	}
	return false, err, nil
}

// drain writes the n bytes that p holds. refused says that dst takes no
// splice; the bytes have been written all the same.
func (s *splicer) drain(p *splicePipe, n int64) (refused bool, err error) {
	for n > 0 {
		k, err := p.out.move(n)
		switch {
		case unsupported(err):
			return true, s.drainPlain(p, n)
		case err == nil && k == 0:
			err = io.ErrShortWrite
		}
		if err != nil {
			s.left = n
			return false, err
		}
		n -= k
		s.NoteWritten(k)
	}
	return false, nil
}

// drainPlain drains the pipe through a buffer.
func (s *splicer) drainPlain(p *splicePipe, n int64) error {
	for n > 0 {
		k, err := unix.Read(p.r, s.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return os.NewSyscallError("read", err)
		}
		if err := s.WriteAll(s.buf[:k]); err != nil {
			s.left = n - int64(k)
			return err
		}
		n -= int64(k)
	}
	return nil
}

// unsupported reports whether err says that the kernel cannot move bytes
// between these two, or, in a file of an unusual kind, not from that offset on
// (EOVERFLOW).
func unsupported(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.EOPNOTSUPP || err == unix.EPERM || err == unix.EOVERFLOW
}
