//go:build unix

package scan

import (
	"errors"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// What the errors that a scan has to know are called here.
const (
	errRefused      = unix.ECONNREFUSED
	errReset        = unix.ECONNRESET
	errPipe         = unix.EPIPE
	errTooLong      = unix.EMSGSIZE
	errAddrInUse    = unix.EADDRINUSE
	errAddrNotAvail = unix.EADDRNOTAVAIL
)

// isShortage reports whether err says that this process or the whole system
// has no more of something that it will have again.
func isShortage(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) &&
		slices.Contains([]syscall.Errno{unix.EMFILE, unix.ENFILE, unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM}, errno)
}

// shareSourcePort lets many sockets be bound to one source port. Linux is
// content with SO_REUSEADDR; the BSDs want SO_REUSEPORT as well.
func shareSourcePort(_ string, fd uintptr) error {
	if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}
