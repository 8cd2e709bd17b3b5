package relay

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// reopenPath opens f's file anew by way of /proc, which gives a description
// with flags of its own (proc(5), /proc/pid/fd). Nil where that is refused,
// where there is no /proc, or where a FIFO has lost its readers.
func reopenPath(f *os.File, flags int) *os.File {
	name := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	fd, err := unix.Open(name, flags, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), f.Name())
}

// isMaster reports whether the terminal f is the side of a pseudo-terminal that
// an emulator has. To open it anew would make another pseudo-terminal (pts(4)).
func isMaster(f *os.File) bool {
	_, err := unix.IoctlGetUint32(int(f.Fd()), unix.TIOCGPTN)
	return err == nil
}

// isMemoryDevice reports whether a character device is one of major 1:
// /dev/null, /dev/zero, /dev/full, /dev/urandom. They never block.
func isMemoryDevice(rdev uint64) bool { return unix.Major(rdev) == 1 }

func dup2(from, to int) error { return unix.Dup3(from, to, 0) }
