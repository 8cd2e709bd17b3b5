//go:build unix && !linux

package relay

import (
	"os"

	"golang.org/x/sys/unix"
)

// reopenPath has no way here: /dev/fd/N gives the same description, or a
// blocking one.
func reopenPath(*os.File, int) *os.File { return nil }

// isMaster need not be known where nothing is opened anew.
func isMaster(*os.File) bool { return false }

// isMemoryDevice knows none here; poll(2) answers for them.
func isMemoryDevice(uint64) bool { return false }

func dup2(from, to int) error { return unix.Dup2(from, to) }
