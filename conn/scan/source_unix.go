//go:build unix

package scan

import "golang.org/x/sys/unix"

// shareSourcePort lets many sockets be bound to one source port. Linux is
// content with SO_REUSEADDR; the BSDs want SO_REUSEPORT as well.
func shareSourcePort(_ string, fd uintptr) error {
	if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}
