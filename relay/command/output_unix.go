//go:build unix

package command

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// An output is what a program writes to its standard output, as a reader that
// needs no writer to close it.
type output struct {
	f *os.File

	mu       sync.Mutex
	finished bool      // the program has ended: read without waiting
	deadline time.Time // that was asked for

	buf  []byte // of one packet, if they are packets
	rest []byte // of it that was not read yet
}

// finish makes Read return io.EOF instead of waiting.
func (o *output) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finished = true
	o.f.SetReadDeadline(time.Unix(1, 0))
}

// setDeadline sets the deadline of Read, which does not wait when the program
// has ended.
func (o *output) setDeadline(t time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.deadline = t
	if o.finished {
		return nil
	}
	return o.f.SetReadDeadline(t)
}

// Read reads what the program wrote.
func (o *output) Read(p []byte) (int, error) {
	if o.buf == nil {
		return o.read(p)
	}
	for empty := 0; len(o.rest) == 0; empty++ {
		n, err := o.read(o.buf)
		o.rest = o.buf[:n]
		if err == io.EOF && empty < maxEmpty { // it looks like an empty packet
			continue
		}
		if err != nil {
			return 0, err
		}
	}
	n := copy(p, o.rest)
	o.rest = o.rest[n:]
	return n, nil
}

// read waits for what the program writes, or for its end.
func (o *output) read(p []byte) (int, error) {
	if !o.isFinished() {
		n, err := o.f.Read(p)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || !o.isFinished() {
			return n, err
		}
	}
	if o.passed() {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := o.readNow(p)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

func (o *output) isFinished() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.finished
}

// passed reports whether the deadline that was asked for has passed.
func (o *output) passed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.deadline.IsZero() && !time.Now().Before(o.deadline)
}

// Close closes the pipe.
func (o *output) Close() error { return o.f.Close() }

// newOutput returns what the other end of f writes, in pieces if f keeps them.
func newOutput(f *os.File) *output {
	o := &output{f: f}
	if info, err := f.Stat(); err == nil && info.Mode()&os.ModeSocket != 0 {
		o.buf = make([]byte, maxPacket)
	}
	return o
}

// readNow reads what there is, without waiting: zero bytes at the end, and
// also if there is nothing yet.
func (o *output) readNow(p []byte) (n int, err error) {
	o.f.SetReadDeadline(time.Time{})
	rc, err := o.f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var errno error
	err = rc.Read(func(fd uintptr) bool {
		for {
			if n, errno = syscall.Read(int(fd), p); errno != syscall.EINTR {
				return true
			}
		}
	})
	switch {
	case err != nil:
		return 0, err
	case errno == syscall.EAGAIN:
		return 0, nil
	case errno != nil:
		return 0, os.NewSyscallError("read", errno)
	}
	return max(n, 0), nil
}

// maxPacket is the largest write that is kept in one piece: more than a
// datagram can be, and than cat(1) writes at once.
const maxPacket = 256 << 10

// maxEmpty bounds how many empty packets may come one after another. They carry
// nothing, but at the end a read gives no more than that either.
const maxEmpty = 100

// packetPipe makes a pipe that keeps what is written in its pieces, or an
// ordinary one where the system has no such thing.
func packetPipe() (r, w *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return os.Pipe()
	}
	syscall.SetsockoptInt(fds[1], syscall.SOL_SOCKET, syscall.SO_SNDBUF, maxPacket)
	syscall.SetNonblock(fds[0], true)
	return os.NewFile(uintptr(fds[0]), "packets"), os.NewFile(uintptr(fds[1]), "packets"), nil
}
