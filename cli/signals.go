package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// A signalError is the cause of a context that a signal ended.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return e.signal.String() }

// untilSignal returns a context that the first of SIGINT, SIGTERM and SIGHUP
// ends. A second one kills at once. SIGHUP and SIGINT, if they were ignored
// when the program started, as nohup and a shell's & have it, stay ignored;
// of the others Go's runtime does not keep that. stop gives the signals back
// to the system.
//
// This is for listeners, which have connections to end well. A client has
// nothing that the system does not close as well when the signal kills it,
// and waiting for signals costs a thread that the runtime has to start.
func untilSignal(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	came := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(came, s)
		}
	}
	over := make(chan struct{})
	go func() {
		select {
		case s := <-came:
			signal.Stop(came)
			cancel(&signalError{s.(syscall.Signal)})
		case <-over:
		}
	}()
	return ctx, func() {
		signal.Stop(came)
		close(over)
	}
}
