//go:build unix

package stdfile

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A pollFile is a blocking descriptor that cannot be given to the runtime's
// poller without changing its flags: a socket on standard input, a terminal
// of another user. poll(2) asks before each read and write whether it would
// block, and a pipe of its own ends the wait.
type pollFile struct {
	f       *os.File
	stopped atomic.Bool

	mu   sync.Mutex // held to write to wake or to close it
	wake [2]int
}

// atomicWrite bytes fit into a pipe that poll calls writable, without blocking:
// the least that POSIX allows for PIPE_BUF, as the BSDs have it. Linux takes
// 4096 bytes, but there a pipe is pollFile only where it can't be opened anew.
const atomicWrite = 512

func newPollFile(f *os.File) *pollFile {
	p := &pollFile{f: f}
	if err := unix.Pipe(p.wake[:]); err != nil {
		p.wake = [2]int{-1, -1} // poll passes over it
	}
	for _, fd := range p.wake {
		if fd >= 0 {
			unix.CloseOnExec(fd)
		}
	}
	return p
}

// interrupt ends reads and writes, those under way included.
func (p *pollFile) interrupt() {
	if p.stopped.Swap(true) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	unix.Write(p.wake[1], []byte{0})
}

// release closes what p opened besides its file. No reads or writes may be
// under way; interrupt may still be called.
func (p *pollFile) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, fd := range p.wake {
		if fd >= 0 {
			unix.Close(fd)
		}
		p.wake[i] = -1
	}
}

// await waits until the descriptor is ready for events.
func (p *pollFile) await(events int16) error {
	fds := []unix.PollFd{{Fd: int32(p.f.Fd()), Events: events}, {Fd: int32(p.wake[0]), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return os.NewSyscallError("poll", err)
		case fds[1].Revents != 0:
			return os.ErrDeadlineExceeded
		case fds[0].Revents != 0:
			return nil
		}
	}
}

func (p *pollFile) Read(b []byte) (int, error) {
	for {
		if err := p.await(unix.POLLIN); err != nil {
			return 0, err
		}
		n, err := unix.Read(int(p.f.Fd()), b)
		switch {
		case err == unix.EAGAIN, err == unix.EINTR:
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func (p *pollFile) Write(b []byte) (written int, err error) {
	for written < len(b) {
		if err := p.await(unix.POLLOUT); err != nil {
			return written, err
		}
		piece := b[written:min(len(b), written+atomicWrite)]
		n, err := unix.Write(int(p.f.Fd()), piece)
		switch {
		case err == unix.EAGAIN, err == unix.EINTR:
		case err != nil:
			return written, os.NewSyscallError("write", err)
		default:
			written += n
		}
	}
	return written, nil
}

// A pollSocket is a pollFile whose reads and writes ask not to block
// (MSG_DONTWAIT): a write goes out in one piece, which may be a datagram, and
// poll is called only when there is something to wait for.
type pollSocket struct{ *pollFile }

func (s pollSocket) Read(b []byte) (int, error) {
	for !s.stopped.Load() {
		n, _, err := unix.Recvfrom(int(s.f.Fd()), b, unix.MSG_DONTWAIT)
		switch {
		case n > 0: // from whatever kind of address
			return n, nil
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			if err := s.await(unix.POLLIN); err != nil {
				return 0, err
			}
		case err != nil:
			return 0, os.NewSyscallError("recvfrom", err)
		default:
			return 0, io.EOF
		}
	}
	return 0, os.ErrDeadlineExceeded
}

func (s pollSocket) Write(b []byte) (written int, err error) {
	most := len(b)
	for written < len(b) {
		if s.stopped.Load() {
			return written, os.ErrDeadlineExceeded
		}
		piece := b[written:min(len(b), written+most)]
		n, err := unix.SendmsgN(int(s.f.Fd()), piece, nil, nil, unix.MSG_DONTWAIT)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			if err := s.await(unix.POLLOUT); err != nil {
				return written, err
			}
		case err == unix.EMSGSIZE && most > maxPayload: // a stream's bytes, for a datagram socket
			most = maxPayload
		case err != nil:
			return written, os.NewSyscallError("sendmsg", err)
		default:
			written += n
		}
	}
	return written, nil
}

// A ptyMaster is the side of a pseudo-terminal that an emulator holds. It is at
// EOF when no program has the terminal open any more, for which Linux returns
// EIO.
type ptyMaster struct{ *pollFile }

func (m ptyMaster) Read(b []byte) (int, error) {
	n, err := m.pollFile.Read(b)
	if errors.Is(err, unix.EIO) {
		err = io.EOF
	}
	return n, err
}
