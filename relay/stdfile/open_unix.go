//go:build unix

package relay

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"golang.org/x/sys/unix"
)

// openInput returns a reader of f, what interrupts it, and what closes all
// that was opened for it.
func openInput(f *os.File) (r io.Reader, stop, release func()) {
	switch own := reopen(f, unix.O_RDONLY); {
	case own != nil && isatty.IsTerminal(f.Fd()):
		t := newTerminal(own)
		return t, t.interrupt, func() { own.Close() }
	case own != nil:
		return own, func() { own.SetReadDeadline(past) }, func() { own.Close() }
	case neverBlocks(f):
		return f, func() {}, func() {}
	case isSocket(f):
		s := socket{newPolled(f)}
		return s, s.interrupt, s.release
	case isatty.IsTerminal(f.Fd()) && isMaster(f):
		m := master{newPolled(f)}
		return m, m.interrupt, m.release
	case isatty.IsTerminal(f.Fd()):
		// An own description of it was refused: it belongs to another user
		// (su), say.
		p := newPolled(f)
		t := newTerminal(p)
		return t, t.interrupt, p.release
	default:
		p := newPolled(f)
		return p, p.interrupt, p.release
	}
}

// openOutput is openInput for a writer.
func openOutput(f *os.File) (w io.Writer, stop, release func()) {
	switch own := reopen(f, unix.O_WRONLY); {
	case own != nil:
		return own, func() { own.SetWriteDeadline(past) }, func() { own.Close() }
	case neverBlocks(f):
		return f, func() {}, func() {}
	case isSocket(f):
		s := socket{newPolled(f)}
		return s, s.interrupt, s.release
	default:
		p := newPolled(f)
		return p, p.interrupt, p.release
	}
}

// reopen returns a description of f's file of our own that the runtime's
// poller watches, or nil where there is none to be had. Only for pipes and
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

// neverBlocks reports whether f is a file that is always ready, so that
// nothing has to interrupt it: a regular file, a directory, a disk. (poll(2)
// says the same of these, but for /dev/null and its like it is not worth
// asking at every read.)
func neverBlocks(f *os.File) bool {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return true // and the first read says what is wrong
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFDIR, unix.S_IFBLK:
		return true
	case unix.S_IFCHR:
		return isMemoryDevice(uint64(st.Rdev))
	}
	return false
}

func isSocket(f *os.File) bool {
	var st unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &st)
	return err == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK
}

// readable reports whether a read of f would return at once.
func readable(f *os.File) bool { return readableFd(int(f.Fd())) }

func readableFd(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err != nil || n > 0
}

// awaitInput returns what waits until r, which openInput returned, has
// something to give or has ended. Nil: it is not waited for.
func awaitInput(r io.Reader) func() error {
	switch r := r.(type) {
	case interface{ await(int16) error }: // it is polled
		return func() error { return r.await(unix.POLLIN) }
	case *os.File:
		rc, err := r.SyscallConn()
		if err != nil || neverBlocks(r) {
			return nil
		}
		return func() error { return rc.Read(func(fd uintptr) bool { return readableFd(int(fd)) }) }
	}
	return nil
}

// closeFile closes what f refers to and leaves /dev/null in its place, so that
// no socket ever gets its number. What close(2) has to say about bytes that
// were written earlier, as network file systems do, is returned. They say it
// once, to whoever closes a descriptor first, and dup2(2) would not pass it on.
func closeFile(f *os.File) error {
	fd := int(f.Fd())
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("open", err)
	}
	defer unix.Close(null)
	first, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return os.NewSyscallError("dup", err)
	}
	closed := os.NewSyscallError("close", unix.Close(first))
	if err := dup2(null, fd); err != nil {
		return os.NewSyscallError("dup2", err)
	}
	return closed
}
