package relay

import (
	"io"
	"net"
	"os"

	"gonc/relay/stdfile"

	"golang.org/x/sys/unix"
)

// zeroCopy moves the flow inside the kernel, if both sides allow it. When
// handled is false they don't, and plain reads and writes go on from where the
// flow stands: at most what had to be moved to find out has been.
func (f *flow) zeroCopy() (handled bool, rerr, werr error) {
	if noZeroCopy {
		return false, nil, nil
	}
	s := splicer{flow: f, src: inspect(f.from.R), dst: inspect(f.to.W)}
	switch {
	case s.src.kind == stdfile.File && s.dst.kind == stdfile.Socket:
		s.cork(1)
		defer s.cork(0)
		return s.splice()
	case s.src.kind == stdfile.Pipe && s.dst.kind == stdfile.Socket, s.src.kind == stdfile.Socket && s.dst.spliceable():
		return s.splice()
	}
	return false, nil, nil
}

// A splicer is a flow between two descriptors.
type splicer struct {
	*flow
	src, dst fd
}

// cork sets TCP_CORK (tcp(7)), with which a socket sends full segments only;
// taking it off sends what was held back. It is for a file, which has no
// pauses that the last bytes would have to wait out.
func (s *splicer) cork(on int) {
	if _, ok := s.to.W.(*net.TCPConn); ok {
		unix.SetsockoptInt(s.dst.num, unix.SOL_TCP, unix.TCP_CORK, on)
	}
}

// splice moves everything from src to dst, through a splicePipe.
//
// A pipe could be spliced with a socket directly. But it is locked for as long
// as that takes, and the program at its other end could not go on; from pipe
// to pipe only pointers are moved.
func (s *splicer) splice() (handled bool, rerr, werr error) {
	p, err := newSplicePipe(&s.src, &s.dst)
	if err != nil {
		return s.sendfile()
	}
	defer p.close()
	var callers enlargement
	defer callers.giveBack()
	for !s.quit.Load() {
		n, err := p.in.move(pipeSize)
		switch {
		case unsupported(err): // p is empty, so nothing is skipped
			return false, nil, nil
		case err != nil:
			return true, connError("read", s.from.R, err), nil
		case n == 0:
			if eof, rerr, werr := s.plain(); eof || rerr != nil || werr != nil {
				return true, rerr, werr
			}
			continue
		}
		s.noteRead()
		callers.note(n, &s.src, &s.dst)
		s.writing.Store(true)
		refused, err := s.drain(p, n)
		s.writing.Store(false)
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
	pooled := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(pooled)
	n, err := s.from.R.Read(pooled[:])
	if n > 0 {
		s.noteRead()
	}
	if werr := s.write(pooled[:n]); werr != nil {
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
			s.undelivered = n
			return false, connError("write", s.to.W, err)
		}
		n -= k
		s.noteWritten(k)
	}
	return false, nil
}

// drainPlain drains the pipe through a buffer.
func (s *splicer) drainPlain(p *splicePipe, n int64) error {
	buf := make([]byte, bufferSize)
	for n > 0 {
		k, err := unix.Read(p.r, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return os.NewSyscallError("read", err)
		}
		if err := s.write(buf[:k]); err != nil {
			s.undelivered += n - int64(k)
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
