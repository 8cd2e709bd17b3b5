// Package errno has the system's errors of connections, under one name for all
// systems: Windows numbers those of sockets apart.
package errno

import (
	"errors"
	"slices"
	"syscall"
)

// IsShortage reports whether err says that this process or the whole system
// lacks what it will have again: descriptors, buffers, memory.
func IsShortage(err error) bool {
	var number syscall.Errno
	return errors.As(err, &number) && slices.Contains(shortages[:], number)
}
