// Package cli is the command line of gonc: it reads the options, wires what
// package conn obtains to what package relay moves, prints what happened and
// picks the exit status.
package cli

import (
	"context"
	"io"
	"net"
	"os"
	"slices"

	"gonc/cli/completion"
	"gonc/cli/dialect"
	"gonc/cli/event"
	"gonc/cli/message"
	"gonc/cli/option"
	"gonc/conn/tlsconn"
	"gonc/relay"
)

// An invocation is one run of the program: what the command line says, the
// dialect that it is written in, what is done with connections, and what
// prints events.
type invocation struct {
	*option.Options
	dialect *dialect.Dialect
	handler *handler
	out     message.Printer
	version string

	tlsServer *tlsconn.Server // of a listener with TLS
	terminal  bool            // messages go to a terminal
	last      relay.Totals    // of the last session
	records   recorder
	listensAt []net.Addr // the sockets of a listener
}

// Run runs the program. It returns the exit status, or dies by the signal that
// ended it.
func Run(argv []string, version string) int {
	defaultQuit()
	d, args, err := dialect.Choose(argv)
	stderr := &message.Output{W: stderrWriter{}, Lost: lostLines(d)}
	defer stderr.Flush(0)
	text := &message.Text{Dialect: d, W: stderr}
	if err != nil {
		return fail(text, err)
	}
	opts, err := option.Parse(args, &d.Grammar)
	switch {
	case err != nil && slices.Contains(args, "--json"): // what reads it expects no text
		jsonPrinter(text, stderr).Print(event.Failed{Err: err})
		return d.Other
	case err != nil:
		return fail(text, err)
	case opts.Has(option.Help):
		page, err := help(d, opts, args, version)
		if err != nil {
			return fail(text, err)
		}
		return show(text, d.Help, page)
	case opts.Has(option.Completion):
		return show(text, os.Stdout, completion.Script(opts.Completion, &d.Grammar, message.Topics()))
	case opts.Has(option.Version) && d.Version != nil:
		return show(text, stderrWriter{}, d.Version(version))
	case opts.Has(option.Version):
		return show(text, os.Stdout, versionText(version))
	}
	o := &invocation{Options: opts, dialect: d, handler: choose(opts), version: version}
	o.out = o.printer(text, stderr)
	o.out.Print(event.Started{Version: version})
	return o.run(stderr)
}

// printer returns what prints the events.
func (o *invocation) printer(text *message.Text, stderr *message.Output) message.Printer {
	text.Verbose = o.Verbose
	if o.Has(option.Explain) {
		text.Verbose = max(text.Verbose, 1)
	}
	if o.Has(option.JSON) {
		return jsonPrinter(text, stderr)
	}
	text.Terminal = isTerminal(os.Stderr)
	o.terminal = text.Terminal && o.dialect.OnTerminal
	return text
}

// jsonPrinter returns a printer of JSON with the words of text.
func jsonPrinter(text *message.Text, stderr *message.Output) message.Printer {
	stderr.Lost = message.LostJSON
	return &message.JSON{Text: text, W: stderr}
}

// run does what was asked for, prints how it ended and returns the status.
func (o *invocation) run(stderr *message.Output) int {
	ctx, stop := context.Background(), func() {}
	if o.needsCleanup() {
		grace := signalGrace
		if o.handler.commands {
			grace = commandGrace
		}
		ctx, stop = untilSignal(ctx, grace)
	}
	err := o.openRecords()
	if err == nil {
		err = o.serve(ctx)
	}
	stop()
	if bad := o.closeRecords(); err == nil {
		err = bad
	}
	if s := signalOf(ctx); s != nil {
		stderr.Flush(flushLimit)
		dieBy(s.signal)
	}
	if isBrokenPipe(err) {
		stderr.Flush(flushLimit)
		dieByBrokenPipe()
	}
	if err == nil {
		stderr.Flush(flushLimit)
		return 0
	}
	o.out.Print(event.Failed{Err: err})
	return o.dialect.Status(err)
}

// needsCleanup reports whether signals must be caught so that connections and
// socket files can be cleaned up.
func (o *invocation) needsCleanup() bool {
	return o.Has(option.Listen) || o.handler.commands || o.Has(option.Unix) && o.Has(option.UDP)
}

// serve does what the command line asks for.
func (o *invocation) serve(ctx context.Context) error {
	if err := checkDescriptors(); err != nil {
		return err
	}
	switch {
	case o.Has(option.Scan):
		return o.scan(ctx)
	case o.Has(option.Listen):
		return o.listen(ctx)
	}
	return o.connect(ctx)
}

// help returns the help, or one topic of it if the command line is the option
// and one word behind it.
func help(d *dialect.Dialect, o *option.Options, args []string, version string) (string, error) {
	if !d.Topics || len(args) != 2 || !slices.Equal(o.Operands, args[1:]) {
		return message.Help(d, version), nil
	}
	name := args[1]
	if !message.IsTopic(name) {
		return "", &option.ValueError{ID: option.Help, Name: args[0], Text: name, Why: option.NotAChoice}
	}
	return message.Topic(d, version, name), nil
}

// show writes what was asked for.
func show(p *message.Text, to io.Writer, text string) int {
	if _, err := io.WriteString(to, text); err != nil {
		return fail(p, &relay.LocalError{Op: "write", Err: err})
	}
	return 0
}
