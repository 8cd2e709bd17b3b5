package relay

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// sendfileSize is how many bytes one call of sendfile(2) moves at most, so
// that what is counted is never long out of date.
const sendfileSize = 4 << 20

// sendfile moves a file, from its offset to its end, to a socket. Until then
// the socket sends full segments only: the kernel hands over 64 KiB at once,
// and every other segment was the little that did not fit into the one before.
func (m *mover) sendfile() (handled bool, rerr, werr error) {
	m.cork(1)
	defer m.cork(0)
	n, err := 0, error(nil)
	once := func(uintptr) bool {
		for {
			n, err = unix.Sendfile(m.dst.fd, m.src.fd, nil, sendfileSize)
			if err != unix.EINTR {
				return err != unix.EAGAIN
			}
		}
	}
	for !m.quit.Load() {
		wait := m.dst.raw.Write(once)
		switch {
		case wait != nil:
			rerr, werr = m.stalled(wait)
			return true, rerr, werr
		case !m.moving && unsupported(err):
			return false, nil, nil
		case err == unix.EIO: // a socket does not fail so
			return true, err, nil
		case err != nil:
			return true, nil, remoteError("write", m.to.W, err)
		case n == 0:
			return true, nil, nil
		}
		m.moving = true
		m.began()
		m.wrote(int64(n))
	}
	return true, os.ErrDeadlineExceeded, nil
}

// cork sets TCP_CORK (tcp(7)); taking it off sends what was held back.
func (m *mover) cork(on int) {
	if _, ok := m.to.W.(*net.TCPConn); ok {
		unix.SetsockoptInt(m.dst.fd, unix.SOL_TCP, unix.TCP_CORK, on)
	}
}

// stalled tells what err means, which ended the wait for the socket: a failed
// write if the file has more, else the end of reading.
func (m *mover) stalled(err error) (rerr, werr error) {
	n, _ := unix.IoctlGetUint32(m.src.fd, unix.TIOCINQ)
	if n == 0 {
		return err, nil
	}
	m.stuck = int64(n)
	return nil, err
}
