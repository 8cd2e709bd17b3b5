// Gonc joins standard input and output to a network connection, in connect or
// listen mode, over TCP or UDP. It also serves a test page and a canned reply.
//
// This package reads the options, settles every conflict, wires what package
// conn obtains to what package relay moves, says what happened and picks the
// exit status. The man page, man/gonc.1, is the manual.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"gonc/conn"
	"gonc/relay"
)

func main() {
	growStack()
	os.Exit(run(os.Args))
}

// run is the program. It returns its exit status, or dies by the signal that
// ended it.
func run(argv []string) int {
	d, err := chooseDialect(argv[0], argv[1:])
	say := &speaker{dialect: d, w: os.Stderr}
	if err != nil {
		say.fail(err)
		return d.other
	}
	o, err := parseOptions(argv[1:], d)
	switch {
	case err != nil:
		say.fail(err)
		return d.other
	case o.help:
		return print(say, d.help, helpText(d))
	case o.version:
		return print(say, os.Stdout, versionText())
	}
	say.level = o.verbose
	o.shareProcessor()
	ctx, stop := context.Background(), func() {}
	if o.mustCleanUp() {
		ctx, stop = untilSignal(ctx)
	}
	err = serve(ctx, o, say)
	stop()
	return finish(ctx, err, say)
}

// mustCleanUp reports whether there is something to be done before a signal
// kills: connections to be ended well, files of sockets to be removed.
func (o *options) mustCleanUp() bool { return o.listen || o.unix && o.udp }

// serve does what o asks for.
func serve(ctx context.Context, o *options, say *speaker) error {
	at, err := o.target()
	switch {
	case err != nil:
		return err
	case o.scan:
		return scan(ctx, o, at, say)
	case o.listen:
		return listen(ctx, o, at, say)
	}
	return connect(ctx, o, at, say)
}

// print writes what was asked for.
func print(say *speaker, to io.Writer, text string) int {
	if _, err := io.WriteString(to, text); err != nil {
		say.fail(&relay.LocalError{Op: "write", Err: err})
		return say.dialect.other
	}
	return 0
}

// finish says how it ended and picks the status.
func finish(ctx context.Context, err error, say *speaker) int {
	var by *signalError
	if errors.As(context.Cause(ctx), &by) {
		dieBy(by.signal)
	}
	if err == nil {
		return 0
	}
	if brokenPipe(err) {
		dieByBrokenPipe()
	}
	say.failed(err)
	if local(err) {
		return say.dialect.other
	}
	return say.dialect.network
}

// local reports whether err is about this machine or the command line, and
// not about the network.
func local(err error) bool {
	var (
		usage   *usageError
		local   *relay.LocalError
		listen  *conn.ListenError
		path    *os.PathError
		numeric *conn.NumericError
		option  *conn.OptionError
		unix    *conn.UnixError
	)
	return errors.As(err, &usage) || errors.As(err, &local) || errors.As(err, &listen) || errors.As(err, &path) ||
		errors.As(err, &numeric) || errors.As(err, &option) || errors.As(err, &unix) && unix.Op == "listen"
}

// brokenPipe reports whether err is that whoever read standard output went
// away.
func brokenPipe(err error) bool {
	var local *relay.LocalError
	return errors.As(err, &local) && local.Op == "write" && errors.Is(err, syscall.EPIPE)
}
