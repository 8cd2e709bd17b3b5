package cli

import (
	"context"
	"net"
	"os"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/relay"
	"gonc/relay/page"
	"gonc/relay/share"
)

// A handler is what can be done with connections. Client and listener choose
// from the same table. What goes with which option is in the table of handlers
// of package option.
type handler struct {
	id option.ID // the option that asks for it

	usesStdin   bool
	clientFirst bool // the client has to speak first, so that accepting may wait for its data
	untilEOF    bool // it ends with the client's EOF
	many        bool // it always serves many connections at once
	dials       bool // it makes connections of its own
	commands    bool // it starts processes, which have to be ended with it
	maxConns    int  // at most so many at once, where it serves many; 0: maxConns

	// make returns the Handler for one connection, for several in turn or at
	// once, and what releases it.
	make func(o *invocation, ctx context.Context, several bool) (serve relay.Handler, done func(), err error)
}

// handlers is the table of handlers; the last one needs no option.
var handlers = [...]handler{
	{id: option.HTTP, clientFirst: true, untilEOF: true, many: true, maxConns: 10000, make: (*invocation).page},
	{id: option.Reply, make: (*invocation).reply},
	{id: option.Exec, commands: true, make: (*invocation).command},
	{id: option.ShExec, commands: true, make: (*invocation).command},
	{id: option.Chat, usesStdin: true, many: true, make: (*invocation).chat}, // before the broker, which it is too
	{id: option.Broker, usesStdin: true, many: true, make: (*invocation).broker},
	{id: option.To, dials: true, make: (*invocation).forward},
	{id: option.ProxyServer, clientFirst: true, many: true, dials: true, make: (*invocation).proxyServer},
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

// handlerFor makes the Handler for one connection, for several in turn or at
// once, and what releases it.
func (o *invocation) handlerFor(ctx context.Context, several bool) (serve relay.Handler, done func(), err error) {
	serve, done, err = o.handler.make(o, ctx, several)
	if err != nil {
		return nil, nil, err
	}
	return o.digested(serve), done, nil
}

func nothing() {}

// stdio joins connections to standard input and output: one, several in turn,
// or with a listener that keeps open all at once.
func (o *invocation) stdio(_ context.Context, several bool) (serve relay.Handler, done func(), err error) {
	if o.Has(option.Listen) && o.keepsOpen() {
		f := &relay.Fanout{Local: o.local(), Remote: o.remote(), Policy: o.policy(), OnEnd: o.onEnd(true), Datagram: o.Has(option.UDP)}
		return f.Serve, f.Close, nil
	}
	s := relay.Stdio{Remote: o.remote(), Policy: o.policy(), OnEnd: o.onEnd(false)}
	return func(ctx context.Context, c net.Conn) error {
		one := s
		if o.Has(option.Progress) {
			one.Gauge = &relay.Gauge{}
			defer o.progress(one.Gauge)()
		}
		if one.Local = o.local(); several {
			one.Local = relay.Shared(one.Local)
		}
		return o.serveStdio(ctx, c, &one)
	}, nothing, nil
}

// replySilence bounds how long one of several clients may hold its place without a
// word.
const replySilence = 15 * time.Second

// serveStdio serves c, and returns no error that the dialect ignores.
func (o *invocation) serveStdio(ctx context.Context, c net.Conn, s *relay.Stdio) error {
	if o.dialect.IgnoresError == nil {
		return s.Serve(ctx, c)
	}
	var totals relay.Totals
	report := s.OnEnd
	s.OnEnd = func(remote net.Addr, t relay.Totals) {
		totals = t
		if report != nil {
			report(remote, t)
		}
	}
	if err := s.Serve(ctx, c); err != nil && !o.dialect.IgnoresError(err, totals) {
		return err
	}
	return nil
}

// reply answers each connection with a text.
func (o *invocation) reply(context.Context, bool) (serve relay.Handler, done func(), err error) {
	local := relay.Files(nil, os.Stdout)
	local.W = share.Locked(local.W)
	r := &relay.Reply{Text: []byte(o.Reply), Local: local, Remote: o.remote(), Idle: o.idleLimit(), OnEnd: o.onEnd(o.keepsOpen())}
	if o.keepsOpen() {
		r.Silence = replySilence
	}
	return r.Serve, nothing, nil
}

// broker passes on what each connection sends to all others.
func (o *invocation) broker(context.Context, bool) (serve relay.Handler, done func(), err error) {
	return o.brokered(relay.NewBroker(o.files(nil)))
}

// chat makes the handler of --chat.
func (o *invocation) chat(context.Context, bool) (serve relay.Handler, done func(), err error) {
	return o.brokered(relay.NewChat(o.files(nil)))
}

func (o *invocation) brokered(b *relay.Broker) (serve relay.Handler, done func(), err error) {
	b.Remote, b.Policy, b.OnEnd = o.remote(), relay.Policy{Idle: o.idleLimit()}, o.onEnd(true)
	return b.Serve, func() {
		if err := b.Close(); err != nil {
			o.out.Print(event.Failed{Err: err})
		}
	}, nil
}

// passFD passes the descriptor of a connection on standard output.
func (o *invocation) passFD(context.Context, bool) (serve relay.Handler, done func(), err error) {
	return relay.PassFd(os.Stdout), nothing, nil
}

// page serves the test page, or a file.
func (o *invocation) page(ctx context.Context, _ bool) (serve relay.Handler, done func(), err error) {
	p := &page.Page{Server: "gonc/" + o.version}
	switch {
	case !o.Has(option.Page):
	case o.Page == "-":
		if p.Body, err = readAll(ctx); err != nil {
			return nil, nil, err
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
	if o.Has(option.JSON) { // a line for each request is enough for people
		p.OnEnd = o.onEnd(true)
	}
	return p.Serve, nothing, nil
}

// onEnd returns what prints how much a session moved, and that nothing came
// back; nil: nothing of it is printed.
func (o *invocation) onEnd(several bool) func(net.Addr, relay.Totals) {
	verbose, client := o.out.Level() > 0, !o.Has(option.Listen)
	if !verbose && !client {
		return nil
	}
	question := client && o.handler.usesStdin && !o.Has(option.HalfClose) && !o.Has(option.SendOnly) && !isRegular(os.Stdin)
	return func(remote net.Addr, t relay.Totals) {
		if client {
			o.last = t
		}
		if verbose {
			o.out.Print(event.Closed{Remote: remote, Several: several, Totals: t, Accepted: !client})
		}
		if question && isUnanswered(t) {
			o.out.Print(event.Unanswered{Remote: remote})
		}
	}
}

// questionSize is the most that a question has: more is an upload, which needs
// no answer.
const questionSize = 16 << 10

// isUnanswered reports whether the peer may have taken a half-close for a client
// that has gone: it got a question and sent nothing at all.
func isUnanswered(t relay.Totals) bool {
	return t.Unanswered && t.Received == 0 && 0 < t.Sent && t.Sent <= questionSize
}
