package cli

import (
	"errors"
	"os"
	"syscall"
	"time"

	"gonc/cli/dialect"
	"gonc/cli/event"
	"gonc/cli/message"
	"gonc/relay"
)

// flushLimit is how long the program waits at its end for messages that are
// not about an error to be read.
const flushLimit = time.Second

// fail prints an error that ends the program before anything was opened, and
// returns the status.
func fail(p *message.Text, err error) int {
	p.Print(event.Failed{Err: err})
	return p.Dialect.Other
}

// status returns the exit status for an error.
func status(d *dialect.Dialect, err error) int {
	if isLocal(err) {
		return d.Other
	}
	return d.Network
}

// isLocal reports whether err is about this machine or the command line, and
// not about the network. The types of errors say it themselves.
func isLocal(err error) bool {
	var local interface{ Local() bool }
	return errors.As(err, &local) && local.Local() || errors.As(err, new(*os.PathError))
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
