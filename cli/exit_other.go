//go:build !unix

package cli

import (
	"os"
	"syscall"
)

// dieBy ends the program with the status that shells give for a signal.
func dieBy(s syscall.Signal) { os.Exit(128 + int(s)) }

// dieByBrokenPipe does nothing: this system has no SIGPIPE.
func dieByBrokenPipe() {}
