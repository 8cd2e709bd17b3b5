package scan

import (
	"errors"
	"slices"
	"syscall"

	"golang.org/x/sys/windows"
)

// What the errors that a scan has to know are called here.
const (
	errRefused      = windows.WSAECONNREFUSED
	errReset        = windows.WSAECONNRESET
	errPipe         = windows.WSAESHUTDOWN
	errTooLong      = windows.WSAEMSGSIZE
	errAddrInUse    = windows.WSAEADDRINUSE
	errAddrNotAvail = windows.WSAEADDRNOTAVAIL
)

// isShortage reports whether err says that this process or the whole system
// has no more of something that it will have again.
func isShortage(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) &&
		slices.Contains([]syscall.Errno{windows.WSAEMFILE, windows.WSAENOBUFS, windows.ERROR_NOT_ENOUGH_MEMORY}, errno)
}

// shareSourcePort lets many sockets be bound to one source port.
func shareSourcePort(_ string, fd uintptr) error {
	return windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_REUSEADDR, 1)
}
