//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// dieBy ends the program as the signal would have done, so that a shell sees
// what happened.
func dieBy(s syscall.Signal) {
	signal.Reset(s)
	syscall.Kill(os.Getpid(), s)
	select {} // the signal is on its way
}

// dieByBrokenPipe ends the program as SIGPIPE does. The runtime raises that
// signal for a failed write to descriptor 1, which is made to fail by a broken
// pipe of our own: the one that broke may have a reader again, and must not get
// the byte.
func dieByBrokenPipe() {
	r, w, err := os.Pipe()
	if err != nil {
		return
	}
	r.Close()
	if unix.Dup2(int(w.Fd()), 1) == nil {
		os.Stdout.Write([]byte{0})
	}
}
