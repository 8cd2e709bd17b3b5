package relay

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"gonc/relay/filter"
	"gonc/relay/tcpinfo"
)

// Pipe moves bytes between local and remote, both ways, until both are at EOF
// or the policy ends it; see next. It calls their CloseWrite, and releases what
// was opened for them, but does not close a connection. When it returns, nothing
// reads or writes the Ends.
//
// Its error is nil if every byte that was read was written. Otherwise it is,
// in this order: the first failure of a side (a *LocalError; for a connection
// what package net reports, or a *PeerError), an *UndeliveredError, ErrIdle,
// the cause of ctx.
func Pipe(ctx context.Context, local, remote End, p Policy) (Totals, error) {
	r := newReferee(&local, &remote, p)
	r.run(ctx)
	return r.totals(), r.err
}

// A referee runs a relay. Two movers move the bytes and report what happened;
// the referee alone owns the state, the timers and the deadlines of both sides.
//
// It is a monitor and not a goroutine: what reports an event takes its lock and
// has the decision carried out. To hand each event over to another goroutine
// woke a thread for it, which cost a short connection a third of its time.
type referee struct {
	ends     [2]*End
	flows    [2]flow // by the side that is read
	policy   Policy
	joins    bool // both sides are closed when the relay is over
	clock    clock
	began    time.Time
	finished chan struct{}  // closed when the state is done
	workers  sync.WaitGroup // what may still report events

	mu     sync.Mutex // guards everything below
	state  state
	err    error
	failed [2]bool // this side could not be read or written
	reset  [2]bool // close this side by a reset
	severed
	unwatch  []func() // ends the watchers
	timers   [numTimers]alarm
	wake     *time.Timer // rings at the first alarm; nil: none was set so far
	ended    side        // whose peer timerPeer begins to watch
	eofAt    int64       // when local was at EOF, by clock
	acked    [2]uint64   // when idleness was last looked for
	flushed  ackPoll     // of the remote, for Flush
	arrived  [2]bool     // all that this side was given was acknowledged before its half-close
	halved   bool        // the remote was half-closed before its EOF
	answered int64       // bytes received by then
}

func newReferee(l, r *End, p Policy) *referee {
	x := &referee{ends: [2]*End{l, r}, policy: p, began: time.Now(), finished: make(chan struct{})}
	if p.Idle > 0 || p.Quiet > 0 || p.HalfClose == HalfCloseLate {
		x.clock = clock{x.began}
	}
	for s, e := range x.ends {
		other := x.ends[side(s).other()]
		f := &x.flows[s]
		f.from, f.to, f.clock, f.most = e, other, x.clock, other.dst.most
		if p.Idle > 0 && x.limitsWrites(e, other) {
			f.most = idleWriteMax
		}
		x.state.rules[s] = sideRules{stream: e.stream(), closes: e.CloseWrite != nil, waits: e.conn != e.bare && !e.isSocket()}
		if e.R != nil {
			x.state.flow[s] = flowRunning
		}
	}
	x.state.rules[local].timers = true
	x.state.rules[remote].atEOF = p.AtRemoteEOF
	x.state.rules[remote].closes = r.CloseWrite != nil && p.HalfClose != HalfCloseNever
	if l.R == nil { // there is no EOF to tell
		x.state.rules[remote].closes = false
	}
	return x
}

// idleWriteMax bounds one write to what may be slow without
// being idle: PIPE_BUF of Linux, for which a pipe that is read has room.
const idleWriteMax = 4 << 10

// limitsWrites reports whether a write to a side that takes its time could be
// taken for idleness, because nothing tells what its system acknowledged.
func (x *referee) limitsWrites(from, to *End) bool {
	if from.Datagram || to.Datagram {
		return false
	}
	_, _, known := tcpinfo.AckedBytes(to.bare)
	return !known
}

// run runs the relay to its end. One of the movers works on this goroutine.
func (x *referee) run(ctx context.Context) {
	last, moves := x.start()
	cancelled := make(chan struct{})
	uncancel := context.AfterFunc(ctx, func() {
		x.post(event{kind: evCancel, err: context.Cause(ctx)})
		close(cancelled)
	})
	if moves {
		x.move(last)
	}
	<-x.finished
	if !uncancel() {
		<-cancelled
	}
	x.finish(ctx)
}

// join runs the relay, and makes each side that is a connection ready to be closed
// without loss, or to be reset. What made the connections still closes them.
func (x *referee) join(ctx context.Context) (Totals, error) {
	x.joins = true
	x.run(ctx)
	x.closeWell(ctx)
	return x.totals(), x.err
}

// start starts the relay, all but the mover of one side, which is returned.
func (x *referee) start() (last side, moves bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.policy.Idle > 0 {
		x.timers[timerIdle].set(x.policy.Idle)
	}
	if f, ok := x.ends[local].W.(*os.File); ok && x.ends[remote].R != nil {
		x.timers[timerReader].set(watchAfter)
		x.unwatch = append(x.unwatch, func() { f.SetReadDeadline(past) })
	}
	for s := local; s <= remote; s++ {
		switch {
		case x.ends[s].R == nil:
		case x.ends[s].src.atEOF:
			x.handle(event{kind: evEOF, side: s})
		case moves:
			first := last
			x.workers.Go(func() { x.move(first) })
			last = s
		default:
			last, moves = s, true
		}
	}
	if x.ends[local].R == nil && x.ends[remote].R == nil {
		x.state.done = true
	}
	x.decided()
	return last, moves
}

// post has an event handled.
func (x *referee) post(ev event) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.state.done {
		x.handle(ev)
		x.decided()
	}
}

// decided follows a decision: it sets the timer anew, or ends the relay.
func (x *referee) decided() {
	x.setWake()
	if x.state.done {
		close(x.finished)
	}
}

// move is the mover of the bytes that side s gives.
func (x *referee) move(s side) {
	f := &x.flows[s]
	rerr, werr := f.run()
	if done := f.from.src.onDone; done != nil {
		done()
	}
	ev := event{kind: evEOF, side: s}
	var held *filter.HeldError
	switch {
	case interrupted(werr):
		ev.kind, ev.lost = evStopped, max(1, f.undelivered)
	case werr != nil:
		ev.kind, ev.side, ev.err = evWriteError, s.other(), f.to.failure("write", werr)
	case interrupted(rerr):
		ev.kind = evStopped
		if errors.As(rerr, &held) {
			ev.lost, ev.held = held.Bytes, true
		}
	case f.from.stream() && errors.Is(rerr, io.ErrUnexpectedEOF):
		ev.kind, ev.err = evCut, f.from.failure("read", rerr)
	case rerr != nil:
		ev.kind, ev.err, ev.reset = evReadError, f.from.failure("read", rerr), isReset(rerr)
	}
	x.post(ev)
}

// handle adds the facts to an event that its decision needs, and carries out
// the decision.
func (x *referee) handle(ev event) {
	if x.waitsForWrite(ev) {
		return
	}
	defer x.handleHeld()
	ev = x.severance(ev)
	switch ev.kind {
	case evEOF, evCut:
		ev.idle = x.idleSource(ev.side.other())
		ev.late = ev.side == local && x.policy.HalfClose == HalfCloseLate && x.waitsForAnswer()
		if ev.side == local {
			x.eofAt = x.clock.now()
		}
	case evReadError, evWriteError:
		x.failed[ev.side] = true
	case evGone:
		ev.idle = x.idleSource(ev.side)
	}
	st, actions := next(x.state, ev)
	x.state = st
	for _, a := range actions {
		x.act(a, ev)
	}
}

// idleSource reports whether a side has given nothing and has nothing ready,
// although the other side did give something.
func (x *referee) idleSource(s side) bool {
	ready := x.ends[s].src.ready
	return !x.flows[s].begun.Load() && x.flows[s.other()].moved.Load() > 0 && !(ready != nil && ready())
}

// waitsForAnswer reports whether a late half-close has to wait.
func (x *referee) waitsForAnswer() bool {
	return x.flows[local].moved.Load() == 0 || x.flows[local].request.Load()
}

// act carries out an action.
func (x *referee) act(a action, ev event) {
	e := x.ends[a.side]
	switch a.kind {
	case actFail:
		x.fail(ev.err)
	case actFailGone:
		x.fail(e.failure("write", syscall.EPIPE))
	case actLose:
		x.failed[a.side] = true
		x.fail(&UndeliveredError{Bytes: ev.lost, Local: a.side == local, Name: e.Name, Err: x.err})
	case actCloseWrite:
		x.closeWrite(a.side)
	case actCloseWriteLast:
		if !x.closedAnyway(a.side) {
			x.closeWrite(a.side)
		}
	case actDelayClose:
		x.timers[timerHalfClose].set(answerSilence)
	case actReset:
		x.reset[a.side] = true
	case actStopReading:
		x.stopReading(a.side)
	case actFinish:
		x.finishReading(a.side)
	case actStop:
		for s := local; s <= remote; s++ {
			x.flows[s].quit.Store(true)
			x.ends[s].interrupt()
		}
	case actTimers:
		x.startTimers()
	case actWatch:
		x.ended = a.side
		x.timers[timerPeer].set(watchAfter)
	}
}

// finishReading stops reading a side, but not before its first bytes, if they are
// there: a peer that came and ended at once would otherwise get nothing of an
// answer that waits in a pipe. Another program that reads the same pipe may take
// them first: they are not waited for long.
func (x *referee) finishReading(s side) {
	f := &x.flows[s]
	f.quit.Store(true) // before the question: the mover looks at it after each read
	if ready := x.ends[s].src.ready; ready != nil && !f.taken.Load() && ready() {
		x.timers[timerFinish].set(finishWithin)
		return
	}
	x.stopReading(s)
}

func (x *referee) stopReading(s side) {
	x.flows[s].quit.Store(true)
	if stop := x.ends[s].src.interrupt; stop != nil {
		stop()
	}
}

// fail keeps the first error; lost bytes go before a relay that merely ended.
func (x *referee) fail(err error) {
	var lost *UndeliveredError
	if x.err == nil || x.err == ErrIdle && errors.As(err, &lost) {
		x.err = err
	}
}

// finish ends what still runs for the relay, and releases the Ends.
func (x *referee) finish(ctx context.Context) {
	for _, stop := range x.unwatch {
		stop()
	}
	x.workers.Wait()
	for s := remote + 1; s > 0; s-- {
		if e := x.ends[s-1]; e.release != nil && !e.exitReleases {
			e.releaseWithin(ctx)
		}
	}
}

func (x *referee) totals() Totals {
	in := &x.flows[remote]
	t := Totals{Sent: x.flows[local].moved.Load(), Received: in.moved.Load(), Began: x.began}
	if in.begun.Load() {
		t.FirstByte = in.first
	}
	t.Unanswered = x.halved && x.state.flow[remote] == flowEOF && t.Received == x.answered
	return t
}
