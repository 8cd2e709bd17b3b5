//go:build unix

package conn

import (
	"os"

	"golang.org/x/sys/unix"
)

// closeOnExec keeps fd from the programs that are run, and fails if fd is not
// open.
func closeOnExec(fd int) error {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC)
	return err
}

// isListening reports whether f is a socket that accepts connections, and not
// a connection.
func isListening(f *os.File) bool {
	n, err := unix.GetsockoptInt(int(f.Fd()), unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	return err != nil || n != 0
}
