package path

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"gonc/conn/errno"
)

// Patience is the time for which an attempt may have no answer before that says
// something: by then a SYN has been sent twice (RFC 6298: again after 1 s).
const Patience = 3 * time.Second

// answerTime limits probes of a host that has answered, or may be off.
const answerTime = time.Second

// slowAnswer limits the probe of a host whose error came late: a router says that
// a machine is not there when it has asked for it for 3 s, each time anew.
const slowAnswer = 4 * time.Second

// A Step is one thing that an Explorer found out. What it is, is in the Facts
// that come with it.
type Step uint8

const (
	StepRoute     Step = iota // Facts.Way: networks, route, firewall
	StepAnswer                // Facts.Answer
	StepNeighbour             // Facts.Neighbour
	StepOthers                // Facts.Others
	StepCause                 // Facts.Judge
)

// An Explorer finds out why connections to a host fail, while they are made.
// Calls of its methods may overlap, calls of Report don't.
type Explorer struct {
	Network string // "tcp" or "udp"
	Name    string // the name of the host, "" for an address

	// Others are further addresses that the name has and that are not tried.
	Others []netip.Addr

	// Report, if not nil, is called for each step of Begin and End.
	Report func(Step, *Facts)

	mu sync.Mutex
}

// An Exploration is about one attempt.
type Exploration struct {
	explorer *Explorer
	cancel   context.CancelFunc
	done     chan struct{}
	facts    *Facts
	told     NeighbourState // that was reported
}

// Begin looks at the way to an address that is being connected to. When there
// is no answer for Patience it also finds out whether the host answers at all.
// End must be called.
func (e *Explorer) Begin(ctx context.Context, to netip.AddrPort) *Exploration {
	ctx, cancel := context.WithCancel(ctx)
	x := &Exploration{explorer: e, cancel: cancel, done: make(chan struct{}), facts: e.look(to)}
	e.report(StepRoute, x.facts)
	go func() {
		defer close(x.done)
		select {
		case <-ctx.Done():
			return
		case <-time.After(Patience):
		}
		x.facts.Again()
		x.neighbour()
		x.others(ctx)
	}()
	return x
}

// End finds out the rest when the attempt has ended, and returns all facts.
func (x *Exploration) End(ctx context.Context, err error, took time.Duration) *Facts {
	x.cancel()
	<-x.done
	e, f := x.explorer, x.facts
	limit := answerTime
	if answerTime < took && took < slowAnswer {
		limit = slowAnswer
	}
	e.answer(ctx, f, err, took, limit)
	e.report(StepAnswer, f)
	if f.Answer.Outcome == Accepted {
		return f
	}
	x.neighbour()
	if s := f.icmp(); f.Others == nil && s&fromRouter == 0 { // a router is as sure about other ports
		x.others(ctx)
	}
	e.report(StepCause, f)
	return f
}

// Examine finds out why an attempt failed that no Exploration was about, as far
// as that takes a moment only.
func (e *Explorer) Examine(ctx context.Context, to netip.AddrPort, err error, took time.Duration) *Facts {
	f := e.look(to)
	e.answer(ctx, f, err, took, answerTime)
	return f
}

// Ended returns the facts about a connection that ended without having been of
// use: outcome is ClosedAtOnce or ResetLater.
func (e *Explorer) Ended(to netip.AddrPort, outcome Outcome) *Facts {
	f := e.look(to)
	f.Answer.Outcome = outcome
	return f
}

// reached reports whether packets for the target leave this machine, and the
// first hop takes them.
func (f *Facts) reached() bool {
	return !f.Own && f.Route.Kind != NoRoute && f.Route.Kind != Blocked && f.Neighbour.State != Mute && f.Neighbour.State != Asking
}

// Port returns the facts about a port that was tried with others, which were
// answered so. It sends no more than Examine.
func (e *Explorer) Port(ctx context.Context, a Answer, err error, others []Answer) *Facts {
	f := e.Examine(ctx, a.Addr, err, a.Took)
	f.Others = others
	return f
}

func (e *Explorer) look(to netip.AddrPort) *Facts {
	f := &Facts{Way: Look(e.Network, to), Network: e.Network, Port: to.Port()}
	f.Answer = Answer{Addr: to, Outcome: Silent}
	if e.Name != "" {
		f.Name = OriginOf(e.Name, f.To)
	}
	return f
}

// answer fills in how the attempt ended, and by whose doing if the host or a
// router answered: one more attempt tells, if it is answered within limit.
func (e *Explorer) answer(ctx context.Context, f *Facts, err error, took, limit time.Duration) {
	f.Answer.Outcome, f.Answer.Took = OutcomeOf(err), took
	f.Again()
	o := f.Answer.Outcome
	answered := o == Refused || o == Unreachable || o == Denied || is(err, errno.NoProtocol)
	if e.Network != "tcp" || !answered || !f.reached() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	again := Probe(ctx, f.Answer.Addr)
	if again.Outcome != Accepted && again.Outcome != Silent {
		f.Answer.ICMP, f.Answer.Outcome = again.ICMP, again.Outcome
	}
}

// neighbour reports what became known of the neighbour.
func (x *Exploration) neighbour() {
	if state := x.facts.Neighbour.State; state != x.told {
		x.told = state
		x.explorer.report(StepNeighbour, x.facts)
	}
}

// others asks other ports of the host, and the port at its other addresses.
func (x *Exploration) others(ctx context.Context) {
	e, f := x.explorer, x.facts
	if e.Network != "tcp" || !f.reached() {
		return
	}
	to := Beside(f.Answer.Addr)
	for _, ip := range append(twins(f.Neighbour, f.To, f.Route.index), e.Others...) {
		if ip != f.To {
			to = append(to, netip.AddrPortFrom(ip, f.Port))
		}
	}
	probing, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	answers := ProbeAll(probing, to)
	if errors.Is(ctx.Err(), context.Canceled) {
		return // the attempt has ended: what was cut off is no silence
	}
	f.Others = answers
	e.report(StepOthers, f)
}

func (e *Explorer) report(s Step, f *Facts) {
	if e.Report == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Report(s, f)
}

// Cancel ends an Exploration whose attempt was given up.
func (x *Exploration) Cancel() {
	x.cancel()
	<-x.done
}
