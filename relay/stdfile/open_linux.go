package stdfile

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// reopenPath opens f's file again through /proc, which gives a description
// with flags of its own (proc(5), /proc/pid/fd). It returns nil where that is
// refused, without /proc, and for a FIFO that has lost its readers.
func reopenPath(f *os.File, flags int) *os.File {
	name := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	fd, err := unix.Open(name, flags, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), f.Name())
}

// isMaster reports whether the terminal f is the side of a pseudo-terminal that
// an emulator holds. Opening it again would make another one (pts(4)).
func isMaster(f *os.File) bool {
	_, err := unix.IoctlGetUint32(int(f.Fd()), unix.TIOCGPTN)
	return err == nil
}

// isMemDevice reports whether a character device is /dev/null, zero, full,
// random or urandom, which never block; their neighbour /dev/kmsg does.
func isMemDevice(rdev uint64) bool {
	if unix.Major(rdev) != 1 {
		return false
	}
	switch unix.Minor(rdev) {
	case 3, 5, 7, 8, 9:
		return true
	}
	return false
}

// isNamed reports whether a pipe has a name in a file system.
func isNamed(fd int) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(fd, &st) == nil && st.Type != unix.PIPEFS_MAGIC
}

func dup2(from, to int) error { return unix.Dup3(from, to, 0) }
