package relay

import (
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// zeroCopy moves the flow inside the kernel, if both sides allow it. When
// handled is false they don't, and the plain way is to be taken from where the
// flow stands: at most what had to be moved to find out has been.
func (f *flow) zeroCopy() (handled bool, rerr, werr error) {
	if noZeroCopy {
		return false, nil, nil
	}
	m := mover{flow: f, src: descOf(f.from.R), dst: descOf(f.to.W)}
	switch {
	case m.src.kind == descFile && m.dst.kind == descSocket:
		m.cork(1)
		defer m.cork(0)
		return m.splice()
	case m.src.kind == descPipe && m.dst.kind == descSocket, m.src.kind == descSocket && m.dst.spliceable():
		return m.splice()
	}
	return false, nil, nil
}

// A mover is a flow between two descriptors.
type mover struct {
	*flow
	src, dst desc
	streams  bool // gatherFirst bytes have been moved
	fills    bool // as fills says of src
}

// cork sets TCP_CORK (tcp(7)), with which a socket sends full segments only;
// taking it off sends what was held back. For a file, which has no pauses that
// the last bytes would have to wait out.
func (m *mover) cork(on int) {
	if _, ok := m.to.W.(*net.TCPConn); ok {
		unix.SetsockoptInt(m.dst.fd, unix.SOL_TCP, unix.TCP_CORK, on)
	}
}

// splice moves everything from src to dst, through a conduit.
//
// A pipe could be spliced with a socket directly. But it is locked for as long
// as that takes, and whoever has its other end can't go on meanwhile; from
// pipe to pipe no more than pointers are moved.
func (m *mover) splice() (handled bool, rerr, werr error) {
	p, err := newConduit(&m.src, &m.dst)
	if err != nil {
		return m.sendfile()
	}
	defer p.close()
	m.fills = fills(&m.src)
	g := newGatherer(m.from.R, m.src)
	defer m.endGathering(&g)
	for n := int64(0); !m.quit.Load(); {
		m.pace(n)
		n, err = m.load(p, &g)
		switch {
		case unsupported(err): // p is empty, so that nothing is skipped
			return false, nil, nil
		case err != nil:
			return true, remoteError("read", m.from.R, err), nil
		case n == 0:
			return true, nil, nil
		}
		m.began()
		m.writing.Store(true)
		refused, err := m.unload(p, n)
		m.writing.Store(false)
		switch {
		case err != nil:
			return true, nil, err
		case refused:
			return false, nil, nil
		}
	}
	return true, os.ErrDeadlineExceeded, nil
}

// pace comes before every load, with what the last one has brought.
func (m *mover) pace(last int64) {
	if m.moved.Load() < gatherFirst {
		return
	}
	if !m.streams && m.way != nil && !m.src.mayTakeLong() && !m.dst.mayTakeLong() {
		m.way.streams(m.back)
	}
	m.streams = true
	if m.fills && last >= bulkRead {
		letFill(m.src.fd)
	}
}

// load takes what src has into p; zero and no error is its end.
func (m *mover) load(p *conduit, g *gatherer) (n int64, err error) {
	for {
		g.arm()
		n, err = p.in.move(pipeSize)
		if paused := g.on && interrupted(err); !paused {
			g.came += n
			return n, err
		}
		m.endGathering(g)
		if m.quit.Load() {
			return 0, err
		}
	}
}

// endGathering gives the read deadline of the connection back. An interrupt
// that the gatherer lifted is put in force again; one that comes later stays.
func (m *mover) endGathering(g *gatherer) {
	g.stop()
	if g.conn != nil && m.quit.Load() {
		g.conn.SetReadDeadline(past)
	}
}

// unload writes the n bytes that p holds. refused says that dst takes no
// splice; the bytes have been written all the same.
func (m *mover) unload(p *conduit, n int64) (refused bool, err error) {
	for n > 0 {
		k, err := p.out.move(n)
		switch {
		case unsupported(err):
			return true, m.unloadPlain(p, n)
		case err == nil && k == 0:
			err = io.ErrShortWrite
		}
		if err != nil {
			m.stuck = n
			return false, remoteError("write", m.to.W, err)
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
		k, err := unix.Read(p.r, buf)
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

// unsupported reports whether err says that the kernel cannot move bytes
// between these two, or, in a file of no ordinary kind, not from that offset
// on (EOVERFLOW).
func unsupported(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.EOPNOTSUPP || err == unix.EPERM || err == unix.EOVERFLOW
}
