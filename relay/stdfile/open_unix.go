//go:build unix

package stdfile

import (
	"errors"
	"os"

	"github.com/mattn/go-isatty"
	"golang.org/x/sys/unix"
)

// OpenInput returns an Input that reads f.
func OpenInput(f *os.File) *Input {
	in := &Input{file: f, interrupt: nothing, release: nothing}
	switch own := reopen(f, unix.O_RDONLY); {
	case own != nil && isatty.IsTerminal(f.Fd()):
		in.readTerminal(newTerminal(own), func() { own.Close() })
	case own != nil:
		in.Reader, in.interrupt = own, func() { own.SetReadDeadline(past) }
		in.release = func() { own.Close() }
		in.await = awaitFile(own)
	case neverBlocks(f) && !isPseudo(f):
		in.Reader = f
	case KindOf(int(f.Fd())) == Socket:
		in.readPolled(newPollFile(f))
		in.Reader = pollSocket{in.Reader.(*pollFile)}
	case isatty.IsTerminal(f.Fd()) && isMaster(f):
		in.readPolled(newPollFile(f))
		in.Reader = ptyMaster{in.Reader.(*pollFile)}
	case isatty.IsTerminal(f.Fd()):
		// Opening it again was refused: it may belong to another user (su).
		p := newPollFile(f)
		in.readTerminal(newTerminal(p), p.release)
	default:
		in.readPolled(newPollFile(f))
	}
	return in
}

func (in *Input) readTerminal(t *terminal, release func()) {
	in.Reader, in.interrupt, in.release = t, t.interrupt, release
}

func (in *Input) readPolled(p *pollFile) {
	in.Reader, in.interrupt, in.release = p, p.interrupt, p.release
	in.await = func() error { return p.await(unix.POLLIN) }
}

// awaitFile returns a function that waits until f is readable, or nil for a
// FIFO: one that is opened after its last writer has left is at its EOF, but
// poll(2) does not say so.
func awaitFile(f *os.File) func() error {
	rc, err := f.SyscallConn()
	if err != nil || isNamed(int(f.Fd())) {
		return nil
	}
	return func() error { return rc.Read(func(fd uintptr) bool { return readableFd(int(fd)) }) }
}

// OpenOutput returns an Output that writes f.
func OpenOutput(f *os.File) *Output {
	switch own := reopen(f, unix.O_WRONLY); {
	case own != nil:
		return &Output{own, true, func() { own.SetWriteDeadline(past) }, func() { own.Close() }}
	case neverBlocks(f):
		return &Output{f, false, nothing, nothing}
	case KindOf(int(f.Fd())) == Socket:
		p := newPollFile(f)
		return &Output{pollSocket{p}, false, p.interrupt, p.release}
	default:
		p := newPollFile(f)
		return &Output{p, false, p.interrupt, p.release}
	}
}

// reopen returns a description of f's file of our own that the runtime's
// poller watches, or nil if there is none. Only for pipes and
// terminals: another kind of file has an offset, which belongs to the
// description that the caller gave. A master is another kind; see isMaster.
func reopen(f *os.File, mode int) *os.File {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return nil
	}
	if st.Mode&unix.S_IFMT != unix.S_IFIFO && (!isatty.IsTerminal(f.Fd()) || isMaster(f)) {
		return nil
	}
	return reopenPath(f, mode|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC)
}

// readable reports whether a read of f would return at once.
func readable(f *os.File) bool { return readableFd(int(f.Fd())) }

func readableFd(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, 0)
		if err != unix.EINTR {
			return err != nil || n > 0
		}
	}
}

// Close closes the file that f refers to and leaves /dev/null in its place, so
// that no socket ever gets its number. The sending half of a socket is shut
// down, because other descriptors may keep it open. Close returns the error of
// close(2), which network file systems use to report failed writes. They
// report it once, to the descriptor that is closed first, and dup2(2) would
// not pass it on.
func Close(f *os.File) error {
	fd := int(f.Fd())
	if KindOf(fd) == Socket {
		unix.Shutdown(fd, unix.SHUT_WR)
	}
	first, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err == nil {
		err = os.NewSyscallError("close", unix.Close(first))
	} else if err = os.NewSyscallError("dup", err); errors.Is(err, unix.EMFILE) {
		err = nil
	}
	if e := replace(fd); err == nil {
		err = e
	}
	return err
}

// replace makes fd refer to /dev/null. Where there is none, or no descriptor
// is left to open it, fd refers to standard error instead, which adds no
// reference to anything that the program does not hold anyway.
func replace(fd int) error {
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("dup2", dup2(2, fd))
	}
	defer unix.Close(null)
	return os.NewSyscallError("dup2", dup2(null, fd))
}
