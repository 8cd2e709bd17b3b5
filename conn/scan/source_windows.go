package scan

import "golang.org/x/sys/windows"

// shareSourcePort lets many sockets be bound to one source port.
func shareSourcePort(_ string, fd uintptr) error {
	return windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_REUSEADDR, 1)
}
