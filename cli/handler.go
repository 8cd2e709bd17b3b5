package cli

import (
	"context"
	"io"
	"net"
	"os"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/relay"
	"gonc/relay/page"
)

// A handler is what can be done with connections. Client and listener choose
// from the same table. What goes with which option is in the table of handlers
// of package option.
type handler struct {
	id option.ID // the option that asks for it

	usesStdin   bool
	clientFirst bool // the client has to speak first, so that accepting may wait for its data
	many        bool // it always serves many connections at once
	dials       bool // it makes connections of its own
	commands    bool // it starts processes, which have to be ended with it
	maxConns    int  // at most so many at once, where it serves many; 0: maxConns

	// make returns the Handler for one connection, for several in turn or at
	// once, and what releases it.
	make func(o *invocation, several bool) (serve relay.Handler, done func(), err error)
}

// handlers are the handlers; the last one needs no option.
var handlers = [...]handler{
	{id: option.HTTP, clientFirst: true, many: true, maxConns: 10000, make: (*invocation).page},
	{id: option.Reply, make: (*invocation).reply},
	{id: option.Exec, commands: true, make: (*invocation).command},
	{id: option.ShExec, commands: true, make: (*invocation).command},
	{id: option.PassFD, make: (*invocation).passFD},
	{id: option.NumIDs, usesStdin: true, make: (*invocation).stdio},
}

// maxConns is at most how many connections are served at once.
const maxConns = 1000

// choose returns the handler that the command line asks for.
func choose(o *option.Options) *handler {
	last := len(handlers) - 1
	for i := range handlers[:last] {
		if o.Has(handlers[i].id) {
			return &handlers[i]
		}
	}
	return &handlers[last]
}

// keepsOpen reports whether a listener serves many connections.
func (o *invocation) keepsOpen() bool { return o.Has(option.KeepOpen) || o.handler.many }

// connLimit returns at most how many connections are served at once.
func (o *invocation) connLimit() int {
	h := o.handler
	switch {
	case o.Has(option.MaxConns):
		return o.MaxConns
	case h.maxConns > 0:
		return h.maxConns
	case o.Has(option.UDP):
		return maxDatagramSessions
	}
	return maxConns
}

func nothing() {}

// stdio joins connections to standard input and output: one, several in turn,
// or with a listener that keeps open all at once.
func (o *invocation) stdio(several bool) (serve relay.Handler, done func(), err error) {
	if o.Has(option.Listen) && o.keepsOpen() {
		f := &relay.Fanout{Local: o.local(), Remote: o.remote(), Policy: o.policy(), OnEnd: o.onEnd(true), Datagram: o.Has(option.UDP)}
		return f.Serve, f.Close, nil
	}
	s := relay.Stdio{Remote: o.remote(), Policy: o.policy(), OnEnd: o.onEnd(false)}
	if !several {
		s.Local = o.local()
		return s.Serve, nothing, nil
	}
	return func(ctx context.Context, c net.Conn) error {
		one := s
		one.Local = relay.Shared(o.local())
		return one.Serve(ctx, c)
	}, nothing, nil
}

// replySilence is how long one of several clients may hold its place without a
// word.
const replySilence = 15 * time.Second

// reply answers each connection with a text.
func (o *invocation) reply(bool) (serve relay.Handler, done func(), err error) {
	local := relay.Files(nil, os.Stdout)
	local.W = relay.Locked(local.W)
	r := &relay.Reply{Text: []byte(o.Reply), Local: local, Idle: o.idleLimit()}
	if o.keepsOpen() {
		r.Silence = replySilence
	}
	return r.Serve, nothing, nil
}

// passFD passes the descriptor of a connection on standard output.
func (o *invocation) passFD(bool) (serve relay.Handler, done func(), err error) {
	return relay.PassFd(os.Stdout), nothing, nil
}

// page serves the test page, or a file.
func (o *invocation) page(bool) (serve relay.Handler, done func(), err error) {
	p := &page.Page{Server: "gonc/" + o.version}
	switch {
	case !o.Has(option.Page):
	case o.Page == "-":
		if p.Body, err = io.ReadAll(os.Stdin); err != nil {
			return nil, nil, &relay.LocalError{Op: "read", Err: err}
		}
	default:
		if err := page.CheckFile(o.Page); err != nil {
			return nil, nil, err
		}
		p.File = o.Page
	}
	if o.out.Level() > 0 {
		p.Log = func(r *page.Request) { o.out.Print(event.Answered{Request: r}) }
	}
	return p.Serve, nothing, nil
}

// onEnd returns what prints how much a session moved, or nil.
func (o *invocation) onEnd(several bool) func(net.Addr, relay.Totals) {
	if o.out.Level() == 0 {
		return nil
	}
	return func(remote net.Addr, t relay.Totals) {
		o.out.Print(event.Closed{Remote: remote, Several: several, Totals: t})
	}
}
