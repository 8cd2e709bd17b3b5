//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// dieBy ends the program as the signal would have done, so that a shell sees
// what happened.
func dieBy(s syscall.Signal) {
	signal.Reset(s)
	syscall.Kill(os.Getpid(), s)
	select {} // the signal is on its way
}

// dieByBrokenPipe ends the program as SIGPIPE does. The runtime raises that
// signal for a failed write to descriptor 1; the pipe that is broken takes no
// byte of it.
func dieByBrokenPipe() {
	os.Stdout.Write([]byte{0})
}
