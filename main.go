// Gonc joins standard input and output to a network connection, in connect or
// listen mode, over TCP or UDP. It also serves a test page and a canned reply.
//
// This package reads the options, settles every conflict, wires what package
// conn obtains to what package relay moves, says what happened and picks the
// exit status. The man page, man/gonc.1, is the manual.
//
//go:debug containermaxprocs=0
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"

	"gonc/conn"
	"gonc/relay"
)

// The exit statuses.
const (
	statusOK      = 0
	statusNetwork = 1 // could not connect, timed out, reset, refused
	statusOther   = 2 // usage, local files, standard output
)

func main() { os.Exit(run(os.Args[1:])) }

// run is the program. It returns its exit status, or dies by the signal that
// ended it.
func run(args []string) int {
	if os.Getenv("GP") != "" {
		runtime.GOMAXPROCS(1)
	}
	say := &speaker{name: "gonc", w: os.Stderr}
	o, err := parseOptions(args)
	switch {
	case err != nil:
		say.fail(err)
		return statusOther
	case o.help:
		return print(say, helpText())
	case o.version:
		return print(say, versionText())
	}
	say.level = o.verbose
	ctx, stop := context.Background(), func() {}
	if o.listen {
		ctx, stop = untilSignal(ctx)
	}
	err = serve(ctx, o, say)
	stop()
	return finish(ctx, err, say)
}

// print writes what was asked for to standard output.
func print(say *speaker, text string) int {
	if _, err := io.WriteString(os.Stdout, text); err != nil {
		say.fail(&relay.LocalError{Op: "write", Err: err})
		return statusOther
	}
	return statusOK
}

// finish says how it ended and picks the status.
func finish(ctx context.Context, err error, say *speaker) int {
	var by *signalError
	if errors.As(context.Cause(ctx), &by) {
		dieBy(by.signal)
	}
	if err == nil {
		return statusOK
	}
	if brokenPipe(err) {
		dieByBrokenPipe()
	}
	say.fail(err)
	return status(err)
}

// status is the exit status that belongs to err.
func status(err error) int {
	var (
		usage  *usageError
		local  *relay.LocalError
		listen *conn.ListenError
		path   *os.PathError
	)
	if errors.As(err, &usage) || errors.As(err, &local) || errors.As(err, &listen) || errors.As(err, &path) {
		return statusOther
	}
	var numeric *conn.NumericError
	var option *conn.OptionError
	if errors.As(err, &numeric) || errors.As(err, &option) {
		return statusOther
	}
	return statusNetwork
}

// brokenPipe reports whether err is that whoever read standard output went
// away.
func brokenPipe(err error) bool {
	var local *relay.LocalError
	return errors.As(err, &local) && local.Op == "write" && errors.Is(err, syscall.EPIPE)
}
