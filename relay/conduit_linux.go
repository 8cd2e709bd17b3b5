package relay

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// spliceVia moves everything from a socket to a file, through a pipe.
func (m *mover) spliceVia() (handled bool, rerr, werr error) {
	if flags, err := unix.FcntlInt(uintptr(m.dst.fd), unix.F_GETFL, 0); err != nil || flags&unix.O_APPEND != 0 {
		return false, nil, nil // splice(2), EINVAL
	}
	p, err := newConduit()
	if err != nil {
		return false, nil, nil
	}
	defer p.close()
	for !m.quit.Load() {
		n, _, err := m.take(p.w)
		switch {
		case !m.begun && unsupported(err):
			return false, nil, nil
		case err != nil:
			rerr, werr = m.side(err)
			return true, rerr, werr
		case n == 0:
			return true, nil, nil
		}
		m.began()
		switch refused, err := m.unload(p, n); {
		case err != nil:
			return true, nil, err
		case refused:
			return false, nil, nil
		}
		m.begun = true
	}
	return true, os.ErrDeadlineExceeded, nil
}

// unload writes the n bytes that p holds. refused says that dst takes no
// splice; the bytes have been written all the same.
func (m *mover) unload(p *conduit, n int64) (refused bool, err error) {
	for n > 0 {
		k, err := unix.Splice(p.r.fd, nil, m.dst.fd, nil, int(n), unix.SPLICE_F_MOVE)
		switch {
		case err == unix.EINTR:
			continue
		case unsupported(err):
			return true, m.unloadPlain(p, n)
		case err == nil && k == 0:
			err = io.ErrShortWrite
		}
		if err != nil {
			m.stuck = n
			return false, err
		}
		n -= k
		m.wrote(k)
	}
	return false, nil
}

// unloadPlain is unload by way of a buffer.
func (m *mover) unloadPlain(p *conduit, n int64) error {
	buf := make([]byte, bufferSize)
	for n > 0 {
		k, err := unix.Read(p.r.fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return os.NewSyscallError("read", err)
		}
		if err := m.write(buf[:k]); err != nil {
			return err
		}
		n -= int64(k)
	}
	return nil
}

// A conduit is a pipe of our own, which is emptied after every splice into it.
type conduit struct{ r, w desc } // without raw: it is never waited for

func newConduit() (*conduit, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, pipeSize)
	return &conduit{desc{kind: descPipe, fd: fds[0]}, desc{kind: descPipe, fd: fds[1]}}, nil
}

func (p *conduit) close() {
	unix.Close(p.r.fd)
	unix.Close(p.w.fd)
}
