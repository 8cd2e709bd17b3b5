package relay

import (
	"cmp"
	"io"
	"net"
	"os"
	"syscall"

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

// A descKind says what the kernel can do with a descriptor.
type descKind int

const (
	descOther  descKind = iota
	descFile            // a regular file: it never blocks
	descMemory          // /dev/null and its like
	descPipe
	descSocket // a stream
)

// A desc is one side of a zero-copy move.
type desc struct {
	kind descKind
	raw  syscall.RawConn
	fd   int // borrowed: the flow's owner closes nothing while it runs
}

// descOf looks at what is behind a reader or a writer; descOther when that is
// anything but a bare descriptor of a kind that splice knows.
func descOf(x any) desc {
	var d desc
	switch x := x.(type) {
	case *os.File:
		d = rawDesc(x)
		d.kind = fileKind(d.fd)
	case *net.TCPConn:
		d = rawDesc(x)
		d.kind = descSocket
	case *net.UnixConn:
		if x.LocalAddr().Network() == "unix" {
			d = rawDesc(x)
			d.kind = descSocket
		}
	}
	if d.raw == nil {
		d.kind = descOther
	}
	return d
}

func rawDesc(c syscall.Conn) (d desc) {
	rc, err := c.SyscallConn()
	if err == nil {
		err = rc.Control(func(fd uintptr) { d.fd = int(fd) })
	}
	if err == nil {
		d.raw = rc
	}
	return d
}

func fileKind(fd int) descKind {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return descOther
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return descFile
	case unix.S_IFIFO:
		return descPipe
	case unix.S_IFCHR:
		if isMemoryDevice(uint64(st.Rdev)) {
			return descMemory
		}
	}
	return descOther
}

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
}

// spliceAll moves everything from src to dst, of which one is a pipe.
func (m *mover) spliceAll() (handled bool, rerr, werr error) {
	for _, d := range []desc{m.src, m.dst} {
		if d.kind == descPipe {
			unix.FcntlInt(uintptr(d.fd), unix.F_SETPIPE_SZ, pipeSize)
		}
	}
	for !m.quit.Load() {
		n, full, err := splice(m.src, m.dst, pipeSize)
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
		n, _, err := splice(m.src, p.w, pipeSize)
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

// sendfile moves a file, from its offset to its end, to a socket.
func (m *mover) sendfile() (handled bool, rerr, werr error) {
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

func ignoringEINTR(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
