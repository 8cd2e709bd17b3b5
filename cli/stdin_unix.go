//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// isReadable reports whether f was opened for reading.
func isReadable(f *os.File) bool {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_ACCMODE != unix.O_WRONLY
}

// isNull reports whether f is /dev/null.
func isNull(f *os.File) bool {
	this, err := f.Stat()
	if err != nil {
		return true // it is closed
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(this, null)
}
