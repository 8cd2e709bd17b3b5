//go:build unix

package cli

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// leastDescriptors is the least number of files that must be allowed to be open: the three
// that are, three of Go's runtime, which ends with a stack trace if it cannot
// have them, and some for sockets and pipes.
const leastDescriptors = 9

// A descriptorError is a limit on open files that is too low.
type descriptorError struct{ limit uint64 }

func (e *descriptorError) Error() string {
	return fmt.Sprintf("the limit of %d open files (ulimit -n) is too low: at least %d are needed", e.limit, leastDescriptors)
}

// Local returns true.
func (*descriptorError) Local() bool { return true }

// checkDescriptors returns an error if too few files may be open.
func checkDescriptors() error {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil || uint64(r.Cur) >= leastDescriptors {
		return nil
	}
	return &descriptorError{uint64(r.Cur)}
}
