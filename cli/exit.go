package cli

import (
	"errors"
	"syscall"
	"time"

	"gonc/cli/event"
	"gonc/cli/message"
	"gonc/relay"
)

// flushLimit bounds the wait at the end of the program for messages that are
// not about an error to be read.
const flushLimit = time.Second

// fail prints an error that ends the program before anything was opened, and
// returns the status.
func fail(p *message.Text, err error) int {
	p.Print(event.Failed{Err: err})
	return p.Dialect.Other
}

// isOutputError reports whether err is about standard output, which all
// connections share.
func isOutputError(err error) bool {
	var local *relay.LocalError
	return errors.As(err, &local) && local.Op == "write"
}

// isBrokenPipe reports whether err is that the reader of standard output has
// gone.
func isBrokenPipe(err error) bool {
	return isOutputError(err) && errors.Is(err, syscall.EPIPE)
}
