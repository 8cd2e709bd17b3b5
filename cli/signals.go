package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// signalGrace is the time that connections have to end well after a signal. What
// takes longer, such as a read that nothing can interrupt, is ended by the
// signal itself.
const signalGrace = 2 * time.Second

// commandGrace is signalGrace where there are commands: those that do not heed
// a hangup are killed after two seconds.
const commandGrace = 4 * time.Second

// A signalError is the cause of a context that a signal ended.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return e.signal.String() }

// signalOf returns the signal that ended ctx, or nil.
func signalOf(ctx context.Context) *signalError {
	var by *signalError
	errors.As(context.Cause(ctx), &by)
	return by
}

// untilSignal returns a context that the first of SIGINT, SIGTERM and SIGHUP
// ends. A second one kills at once, and so does the first one after
// grace. SIGHUP and SIGINT, if they were ignored when the program
// started, as nohup and a shell's & have it, stay ignored; Go does not preserve
// the ignored state of other signals. stop gives the signals back to the
// system.
//
// This is for listeners and commands, which have to be ended well. Any other
// client has nothing that the system does not close as well when the signal
// kills it, and waiting for signals costs a thread that the runtime has to
// start.
func untilSignal(parent context.Context, grace time.Duration) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	received := notify()
	over := make(chan struct{})
	go func() {
		select {
		case s := <-received:
			signal.Stop(received)
			cancel(&signalError{s.(syscall.Signal)})
			dieUnlessOver(s.(syscall.Signal), grace, over)
		case <-over:
		}
	}()
	return ctx, func() {
		signal.Stop(received)
		close(over)
	}
}

// notify returns a channel that receives the signals that end the program, but
// for those that are ignored.
func notify() chan os.Signal {
	received := make(chan os.Signal, 1)
	for _, s := range [...]os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(received, s)
		}
	}
	return received
}

// dieUnlessOver dies by s if the program has not ended within grace.
func dieUnlessOver(s syscall.Signal, grace time.Duration, over <-chan struct{}) {
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-late.C:
		dieBy(s)
	case <-over:
	}
}
