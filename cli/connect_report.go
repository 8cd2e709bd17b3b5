package cli

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"gonc/cli/event"
	"gonc/cli/message"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/addr"
	"gonc/conn/path"
)

// explainLimit bounds the wait for a silent host with --explain, unless
// a limit is given.
const explainLimit = 10 * time.Second

// A watch prints how a Dialer gets to an address, and finds out why it does
// not. What it takes is asked for only after an attempt has failed or has been
// silent for a while, unless an explanation was asked for.
type watch struct {
	o        *invocation
	ctx      context.Context
	d        *conn.Dialer
	to       addr.Addr // the first proxy, or the target
	explorer path.Explorer
	explain  bool

	mu     sync.Mutex
	timers map[netip.AddrPort]*time.Timer
	begun  []*attempt // to each address once
	failed []conn.Attempt
}

// An attempt is one that is explained.
type attempt struct {
	conn.Attempt
	exploration *path.Exploration
	ended       bool
}

// watch has d print how it gets to a.
func (o *invocation) watch(ctx context.Context, d *conn.Dialer, a addr.Addr) *watch {
	if len(d.Proxies) > 0 {
		a = d.Proxies[0].Address
	}
	w := &watch{o: o, ctx: ctx, d: d, to: a, explain: o.Has(option.Explain) && a.Path == ""}
	w.explorer = path.Explorer{Network: o.Protocol()}
	if !isNumeric(a.Host) {
		w.explorer.Name = a.Host
	}
	w.hook()
	return w
}

// hook sets the functions of the Dialer that are needed.
func (w *watch) hook() {
	o, d := w.o, w.d
	if d.Retry > 0 && o.out.Level() > 0 {
		d.OnRetry = func(err error) { o.out.Print(event.Retrying{Err: err, For: d.Retry}) }
	}
	if o.out.Level() > 0 || o.terminal || w.explain {
		d.OnTrying, d.OnTried = w.begins, w.ends
	}
	if o.out.Level() > 1 || w.explain {
		d.OnResolved = w.resolved
	}
	if w.explain {
		w.explorer.Report = func(s path.Step, f *path.Facts) { o.out.Print(event.Explained{Step: s, Facts: f}) }
	}
}

func (w *watch) resolved(host string, addrs []netip.Addr, took time.Duration) {
	w.o.out.Print(event.Resolved{Host: host, Addrs: addrs, Took: took})
	if !w.explain {
		return
	}
	w.o.out.Print(explainedName(host, addrs))
	if w.o.Network() != w.o.Protocol() { // the host may take the port at an address of the other family
		ctx, cancel := context.WithTimeout(w.ctx, time.Second)
		defer cancel()
		w.explorer.Others, _ = net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
}

func explainedName(host string, addrs []netip.Addr) event.ExplainedName {
	e := event.ExplainedName{Host: host, Addrs: addrs}
	for _, ip := range addrs {
		e.Origins = append(e.Origins, path.OriginOf(host, ip))
	}
	return e
}

// begins is called as an attempt begins. One that is made again is not printed.
func (w *watch) begins(to netip.AddrPort) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.attempt(to) == nil {
		a := &attempt{Attempt: conn.Attempt{Addr: to}}
		w.begun = append(w.begun, a)
		if w.explain {
			a.exploration = w.explorer.Begin(w.ctx, to)
		}
		w.o.out.Print(event.Connecting{Network: w.o.Protocol(), To: to})
	}
	if w.o.Has(option.UDP) || !w.o.dialect.Hints {
		return // there is no answer to wait for, or nothing to say about it
	}
	if w.timers == nil {
		w.timers = make(map[netip.AddrPort]*time.Timer)
	}
	w.timers[to] = time.AfterFunc(path.Patience, func() { w.silent(to) })
}

// attempt returns the attempt to an address, or nil.
func (w *watch) attempt(to netip.AddrPort) *attempt {
	for _, a := range w.begun {
		if a.Addr == to {
			return a
		}
	}
	return nil
}

// silent is called when an attempt has had no answer for a while.
func (w *watch) silent(to netip.AddrPort) {
	e := event.Silence{To: to, After: path.Patience, Limited: w.d.Timeout > 0}
	if w.o.dialect.Hints && !w.explain {
		e.Facts = w.explorer.Examine(w.ctx, to, context.DeadlineExceeded, path.Patience)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timers[to] != nil {
		w.o.out.Print(e)
	}
}

// ends is called when an attempt has ended. Once something has connected it
// prints what failed before; else the error says it.
func (w *watch) ends(t conn.Attempt) {
	w.mu.Lock()
	if timer := w.timers[t.Addr]; timer != nil {
		timer.Stop()
		delete(w.timers, t.Addr)
	}
	a := w.attempt(t.Addr)
	w.mu.Unlock()
	if a.exploration != nil {
		a.exploration.Cancel()
	}
	a.Attempt, a.ended = t, true
	if t.Err != nil {
		w.failed = append(w.failed, t)
		return
	}
	w.explained()
	network := w.o.Protocol()
	for _, f := range w.failed {
		if w.d.Retry <= 0 {
			w.o.out.Print(event.AttemptFailed{Network: network, To: w.to, Attempt: f})
		}
	}
	if len(w.d.Proxies) == 0 || w.o.out.Level() > 1 {
		w.o.out.Print(event.Connected{Network: network, To: w.to, Addr: t.Addr, Took: t.Took, Numeric: w.d.Numeric})
	}
}

// explained ends the explorations in the order of the attempts. One that was
// given up because another address has connected is dropped.
func (w *watch) explained() {
	for _, a := range w.begun {
		switch {
		case a.exploration == nil:
		case a.ended:
			a.exploration.End(w.ctx, a.Err, a.Took)
		default:
			a.exploration.Cancel()
		}
		a.exploration = nil
	}
}

// done is called when the Dialer has ended. It returns err with what was found
// out about it.
func (w *watch) done(err error) error {
	w.mu.Lock()
	for _, t := range w.timers {
		t.Stop()
	}
	w.timers = nil
	w.mu.Unlock()
	var dial *conn.DialError
	if !errors.As(err, &dial) {
		w.explained()
		return err
	}
	failed := &event.ConnectError{Err: err, Explained: w.explain}
	if w.explain {
		w.o.out.Print(event.Failed{Err: failed})
		w.explained()
		return message.Reported(failed)
	}
	if last := dial.Tried[len(dial.Tried)-1]; w.o.dialect.Hints && !event.BindFailed(last.Err) && path.OutcomeOf(last.Err) != path.Failed {
		failed.Facts = w.explorer.Examine(w.ctx, last.Addr, last.Err, last.Took)
	}
	return failed
}

// atOnce is the time within which a forwarder that has nothing behind it closes
// a connection.
const atOnce = 2 * time.Second

// checkEarlyEnd finds out whether the session of a client, which ended with
// err, came to nothing: the peer accepted the connection and closed or reset it
// at once, or no program receives on the UDP port. What it finds is printed, or
// added to the error.
func (o *invocation) checkEarlyEnd(remote net.Addr, err error) error {
	to, bad := netip.ParseAddrPort(remote.String())
	if bad != nil || !o.dialect.Hints || o.HasProxy() {
		return err
	}
	e := path.Explorer{Network: o.Protocol()}
	if !isNumeric(o.Target.Host) {
		e.Name = o.Target.Host
	}
	outcome := path.OutcomeOf(err)
	soon := o.last.Received == 0 && !o.last.Unanswered && time.Since(o.last.Began) < atOnce && !o.Has(option.SendOnly) && !o.Has(option.QuitAfter)
	switch {
	case o.Has(option.UDP) && outcome != path.Refused:
	case o.Has(option.UDP), soon && outcome == path.ResetLater:
		return &event.ConnectError{Err: err, Facts: e.Ended(to, outcome)}
	case soon && err == nil && o.last.Sent == 0 && o.handler.usesStdin && (o.out.Level() > 0 || o.terminal):
		o.out.Print(event.ClosedAtOnce{Facts: e.Ended(to, path.ClosedAtOnce)})
	}
	return err
}

func isNumeric(host string) bool {
	_, err := addr.ParseIP(host)
	return err == nil
}
