//go:build unix && !linux

package stdfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// reopenPath returns nil: here /dev/fd/N gives the same description, or a
// blocking one.
func reopenPath(*os.File, int) *os.File { return nil }

// isMaster returns false: nothing is opened again here.
func isMaster(*os.File) bool { return false }

// isMemDevice returns false: poll(2) answers for these devices.
func isMemDevice(uint64) bool { return false }

func dup2(from, to int) error { return unix.Dup2(from, to) }

// isNamed returns true: pipes are not opened again here.
func isNamed(int) bool { return true }
