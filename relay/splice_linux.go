package relay

import (
	"cmp"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// pipeSize is what pipes are enlarged to, in bytes, where that is allowed:
// fs.pipe-max-size of every Linux for those who are not root (pipe(7)).
const pipeSize = 1 << 20

// spliceFlags: the pipe's side does not block; the socket's never does. Not
// SPLICE_F_MORE, which holds back the tail of a message for 200 ms
// (golang/go#10948).
const spliceFlags = unix.SPLICE_F_MOVE | unix.SPLICE_F_NONBLOCK

// sendfileSize is how many bytes one call of sendfile(2) moves at most, so
// that what is counted is never long out of date.
const sendfileSize = 4 << 20

// noZeroCopy is a test seam: the plain way for everything.
var noZeroCopy bool

// zeroCopy moves the flow inside the kernel, if both sides allow it. When
// handled is false they don't, and the plain way is to be taken from where the
// flow stands: at most what had to be moved to find out has been.
//
// A file goes to a socket by sendfile(2), a pipe to a socket and a socket to
// a pipe by splice(2), a socket to a file by splice through a pipe of our own.
func (f *flow) zeroCopy() (handled bool, rerr, werr error) {
	if noZeroCopy {
		return false, nil, nil
	}
	m := mover{flow: f, src: descOf(f.from.R), dst: descOf(f.to.W)}
	m.gather = newGatherer(f.from.R, m.src)
	defer m.endGathering()
	switch {
	case m.src.kind == descFile && m.dst.kind == descSocket:
		return m.sendfile()
	case m.src.kind == descPipe && m.dst.kind == descSocket,
		m.src.kind == descSocket && m.dst.kind == descPipe:
		return m.spliceAll()
	case m.src.kind == descSocket && (m.dst.kind == descFile || m.dst.kind == descMemory):
		return m.spliceVia()
	}
	return false, nil, nil
}

// A mover is a flow between two descriptors.
type mover struct {
	*flow
	src, dst desc
	begun    bool // something was moved
	gather   gatherer
}

// spliceAll moves everything from src to dst, of which one is a pipe.
func (m *mover) spliceAll() (handled bool, rerr, werr error) {
	for _, d := range []desc{m.src, m.dst} {
		if d.kind == descPipe {
			unix.FcntlInt(uintptr(d.fd), unix.F_SETPIPE_SZ, pipeSize)
		}
	}
	for !m.quit.Load() {
		n, full, err := m.take(m.dst)
		switch {
		case !m.begun && unsupported(err):
			return false, nil, nil
		case full:
			rerr, werr = m.stalled(err)
			return true, rerr, werr
		case err != nil:
			rerr, werr = m.side(err)
			return true, rerr, werr
		case n == 0:
			return true, nil, nil
		}
		m.through(n)
	}
	return true, os.ErrDeadlineExceeded, nil
}

// take is splice from src to a descriptor, which is a pipe if src is a
// connection.
func (m *mover) take(to desc) (n int64, full bool, err error) {
	for {
		m.gather.arm()
		n, full, err = splice(m.src, to, pipeSize)
		paused := m.gather.on && !full && interrupted(err)
		if !paused {
			m.gather.came += n
			return n, full, err
		}
		m.endGathering()
		if m.quit.Load() {
			return 0, false, err
		}
	}
}

// endGathering gives the read deadline of the connection back. An interrupt
// that the gatherer lifted is put in force again; one that comes later stays.
func (m *mover) endGathering() {
	m.gather.stop()
	if m.gather.conn != nil && m.quit.Load() {
		m.gather.conn.SetReadDeadline(past)
	}
}

// sendfile moves a file, from its offset to its end, to a socket. Until then
// the socket sends full segments only: the kernel hands over 64 KiB at once,
// and every other segment was the little that did not fit into the one before.
func (m *mover) sendfile() (handled bool, rerr, werr error) {
	m.cork(1)
	defer m.cork(0)
	for !m.quit.Load() {
		n, err := 0, error(nil)
		werr := m.dst.raw.Write(func(uintptr) bool {
			n, err = ignoringEINTR(func() (int, error) { return unix.Sendfile(m.dst.fd, m.src.fd, nil, sendfileSize) })
			return err != unix.EAGAIN
		})
		switch {
		case werr != nil:
			rerr, werr = m.stalled(werr)
			return true, rerr, werr
		case !m.begun && unsupported(err):
			return false, nil, nil
		case err != nil:
			rerr, werr = m.side(err)
			return true, rerr, werr
		case n == 0:
			return true, nil, nil
		}
		m.through(int64(n))
	}
	return true, os.ErrDeadlineExceeded, nil
}

// cork sets TCP_CORK (tcp(7)); taking it off sends what was held back.
func (m *mover) cork(on int) {
	if _, ok := m.to.W.(*net.TCPConn); ok {
		unix.SetsockoptInt(m.dst.fd, unix.SOL_TCP, unix.TCP_CORK, on)
	}
}

// through counts what one call moved all the way.
func (m *mover) through(n int64) {
	m.begun = true
	m.began()
	m.wrote(n)
}

// stalled tells what err means, which ended the wait for a dst that is full:
// a failed write if src has something for it, else the end of reading.
func (m *mover) stalled(err error) (rerr, werr error) {
	n, _ := unix.IoctlGetUint32(m.src.fd, unix.TIOCINQ)
	if n == 0 {
		return err, nil
	}
	m.stuck = int64(n)
	return nil, err
}

// side tells a failed read from a failed write. A pipe's reading end and a
// file that could be opened do not fail but with EIO; a pipe's writing end
// only by having no reader.
func (m *mover) side(err error) (rerr, werr error) {
	switch {
	case interrupted(err):
		return err, nil
	case m.src.kind == descSocket && err != unix.EPIPE:
		return remoteError("read", m.from.R, err), nil
	case m.src.kind == descSocket:
		return nil, err
	case err == unix.EIO:
		return err, nil
	}
	return nil, remoteError("write", m.to.W, err)
}

// remoteError is err as package net would report it for a connection.
func remoteError(op string, c any, err error) error {
	nc, ok := c.(net.Conn)
	if !ok {
		return err
	}
	return &net.OpError{Op: op, Net: nc.RemoteAddr().Network(), Source: nc.LocalAddr(), Addr: nc.RemoteAddr(), Err: err}
}

// unsupported reports whether err says that the kernel cannot move bytes
// between these two.
func unsupported(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.EOPNOTSUPP || err == unix.EPERM
}

// splice moves at most most bytes from src to dst and waits for either as
// needed; zero and no error is the end of src. full says that err ended a
// wait for dst.
func splice(src, dst desc, most int) (n int64, full bool, err error) {
	once := func() {
		for {
			n, err = unix.Splice(src.fd, nil, dst.fd, nil, most, spliceFlags)
			if err != unix.EINTR {
				return
			}
		}
	}
	for {
		// EAGAIN may be about either side: it is dst that is full if src
		// has something to give. But a conduit is empty here, always, and
		// then something has come since src was asked.
		wait := src.raw.Read(func(uintptr) bool {
			once()
			full = err == unix.EAGAIN && dst.raw != nil && readableFd(src.fd)
			return err != unix.EAGAIN || full
		})
		if wait != nil || !full {
			return n, false, cmp.Or(wait, err)
		}
		wait = dst.raw.Write(func(uintptr) bool {
			once()
			return err != unix.EAGAIN || !readableFd(src.fd)
		})
		if wait != nil || err != unix.EAGAIN {
			return n, wait != nil, cmp.Or(wait, err)
		}
	}
}

func ignoringEINTR(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
