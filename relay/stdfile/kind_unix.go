//go:build unix

package stdfile

import (
	"os"

	"github.com/mattn/go-isatty"
	"golang.org/x/sys/unix"
)

// A Kind says what a descriptor refers to.
type Kind int

const (
	Other     Kind = iota
	File           // a regular file or a disk: reads and writes never block
	MemDevice      // /dev/null and similar devices: never block
	Terminal
	Pipe // a pipe or a FIFO
	Socket
)

// KindOf inspects the descriptor fd.
func KindOf(fd int) Kind {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Other
	}
	kind := modeKind(uint32(st.Mode), uint64(st.Rdev))
	if kind == Other && isatty.IsTerminal(uintptr(fd)) {
		return Terminal
	}
	return kind
}

// modeKind returns the part of KindOf that the mode and the device number decide.
func modeKind(mode uint32, rdev uint64) Kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFBLK:
		return File
	case unix.S_IFIFO:
		return Pipe
	case unix.S_IFSOCK:
		return Socket
	case unix.S_IFCHR:
		if isMemDevice(rdev) {
			return MemDevice
		}
	}
	return Other
}

// neverBlocks reports whether reads and writes of f return at once, so that
// they need no interruption. A descriptor that cannot be inspected counts,
// because its first read fails.
func neverBlocks(f *os.File) bool {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return true
	}
	switch modeKind(uint32(st.Mode), uint64(st.Rdev)) {
	case File, MemDevice:
		return true
	}
	return uint32(st.Mode)&unix.S_IFMT == unix.S_IFDIR
}

// isPseudo reports whether the regular file f claims to be empty, as do the
// files of /proc and tracefs that block until something happens (/proc/kmsg,
// trace_pipe).
func isPseudo(f *os.File) bool {
	var st unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &st)
	return err == nil && uint32(st.Mode)&unix.S_IFMT == unix.S_IFREG && st.Size == 0
}

// CanRead reports whether f is open for reading. nohup(1) leaves a standard
// input behind that is not.
func CanRead(f *os.File) bool {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	return err != nil || flags&unix.O_ACCMODE != unix.O_WRONLY
}
