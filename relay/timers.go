package relay

import (
	"time"

	"gonc/relay/tcpinfo"
)

// The timers of a relay, in the order in which those that are due at once are
// looked at.
const (
	timerQuiet = iota
	timerLinger
	timerFlush
	timerIdle
	timerHalfClose
	timerReader
	timerPeer
	timerFinish
	numTimers
)

const (
	// answerSilence is how long a peer has to be silent for a late half-close.
	answerSilence = time.Second

	// answerWait is how long a request may be without an answer before the
	// half-close.
	answerWait = 30 * time.Second

	// finishWithin bounds one last read of what is there.
	finishWithin = time.Second

	// schedulingSlack is how late a timer has to be for the process to have
	// been stopped, or to have had no processor. What came in time may then
	// not have been read yet, and gets as long to be.
	schedulingSlack = 20 * time.Millisecond

	// unreadWithin bounds how long more a late timer waits for what is there
	// to be read, on a machine that gives the movers no processor either.
	unreadWithin = time.Second
)

// An alarm is a point in time at which the referee looks at something.
type alarm struct {
	due  time.Time // zero: not set
	late time.Time // when it was found late, which was excused; zero: never
}

func (a *alarm) set(wait time.Duration) { *a = alarm{due: time.Now().Add(wait)} }

// untilNextAlarm returns how long to wait for the first alarm, if any is set.
func (x *referee) untilNextAlarm() (wait time.Duration, set bool) {
	var first time.Time
	for i := range x.timers {
		if due := x.timers[i].due; !due.IsZero() && (first.IsZero() || due.Before(first)) {
			first = due
		}
	}
	if first.IsZero() {
		return 0, false
	}
	return max(0, time.Until(first)), true
}

// setWake sets the timer to the first alarm. What it starts is one of the workers.
func (x *referee) setWake() {
	if x.wake != nil && x.wake.Stop() {
		x.workers.Done()
	}
	wait, set := x.untilNextAlarm()
	if !set || x.state.done {
		return
	}
	x.workers.Add(1)
	if x.wake == nil {
		x.wake = time.AfterFunc(wait, x.ring)
	} else {
		x.wake.Reset(wait)
	}
}

// ring handles the alarms that are due.
func (x *referee) ring() {
	defer x.workers.Done()
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.state.done {
		x.ringDue()
		x.decided()
	}
}

func (x *referee) ringDue() {
	for i := range x.timers {
		a := &x.timers[i]
		now := time.Now()
		switch {
		case a.due.IsZero() || now.Before(a.due):
		case x.excused(a, now):
			a.due = now.Add(schedulingSlack)
		default:
			*a = alarm{}
			x.alarm(i)
		}
	}
}

// excused reports whether an alarm that is due waits once more: it is late, and
// what came in time may not have been read yet.
func (x *referee) excused(a *alarm, now time.Time) bool {
	if a.late.IsZero() {
		if now.Sub(a.due) <= schedulingSlack {
			return false
		}
		a.late = now
		return true
	}
	return now.Sub(a.late) < unreadWithin && x.unread()
}

// unread reports whether a side has something ready that its mover has not read
// yet, although nothing keeps it.
func (x *referee) unread() bool {
	for s, e := range x.ends {
		if x.state.flow[s] != flowRunning || x.flows[s].writing.Load() {
			continue
		}
		if ready := e.src.ready; ready != nil && ready() || e.bare != nil && tcpinfo.Readable(e.bare) {
			return true
		}
	}
	return false
}

func (x *referee) alarm(i int) {
	switch i {
	case timerQuiet:
		x.checkQuiet()
	case timerLinger:
		x.handle(event{kind: evLinger})
	case timerFlush:
		x.checkFlushed()
	case timerIdle:
		x.checkIdle()
	case timerHalfClose:
		x.checkAnswer()
	case timerReader:
		x.watchReader()
	case timerPeer:
		x.watchPeer(x.ended)
	case timerFinish:
		x.stopReading(local)
	}
}

// startTimers starts the timers that run from the EOF of local on.
func (x *referee) startTimers() {
	p := &x.policy
	if p.Quiet > 0 {
		x.timers[timerQuiet].set(p.Quiet)
	}
	switch {
	case p.Linger == Flush:
		x.flushed = ackPoll{c: x.ends[remote].bare}
		x.checkFlushed()
	case p.Linger > 0:
		x.timers[timerLinger].set(p.Linger)
	}
}

// silent returns for how long a flow has neither read nor written, no longer
// than since an earlier time by the clock.
func (x *referee) silent(f *flow, since int64) time.Duration {
	return time.Duration(x.clock.now() - max(since, f.last.Load()))
}

// checkIdle ends a relay that has been idle for as long as the policy allows.
// A slow peer that still takes what was sent shows in what its system has
// acknowledged: a write that waits returns only when there is room for a good
// part of it.
func (x *referee) checkIdle() {
	limit := x.policy.Idle
	left := limit - min(x.silent(&x.flows[local], 0), x.silent(&x.flows[remote], 0))
	if left <= 0 {
		left = x.acknowledging(limit)
	}
	if left > 0 {
		x.timers[timerIdle].set(left)
		return
	}
	x.handle(event{kind: evIdle, err: ErrIdle})
}

// acknowledging returns how much of limit is left since a peer's system last
// acknowledged something that it had not when this was last asked.
func (x *referee) acknowledging(limit time.Duration) (left time.Duration) {
	for s, e := range x.ends {
		n, ago, known := tcpinfo.AckedBytes(e.bare)
		if known && n != x.acked[s] {
			left = max(left, limit-ago)
		}
		x.acked[s] = n
	}
	return left
}

// checkQuiet ends a relay whose remote has been silent for as long as the
// policy allows. It is not silent while what it sent waits to be written; that
// may be idleness.
func (x *referee) checkQuiet() {
	left := x.policy.Quiet
	if !x.flows[remote].writing.Load() { // but it may have been, a moment ago
		left -= min(x.silent(&x.flows[local], x.eofAt), x.silent(&x.flows[remote], x.eofAt))
	}
	if left > 0 {
		x.timers[timerQuiet].set(left)
		return
	}
	x.handle(event{kind: evQuiet})
}

// checkAnswer decides whether a late half-close has waited long enough.
func (x *referee) checkAnswer() {
	in := &x.flows[remote]
	left := answerSilence - x.silent(in, x.eofAt)
	switch {
	case in.writing.Load():
		left = answerSilence
	case x.flows[local].request.Load() && in.lastRead.Load() <= x.flows[local].lastRead.Load(): // no answer to the last of it yet
		left = answerWait - x.silent(in, x.eofAt)
	}
	if left > 0 {
		x.timers[timerHalfClose].set(min(left, answerSilence))
		return
	}
	x.handle(event{kind: evHalfCloseDue})
}

func (x *referee) checkFlushed() {
	if over, err := x.flushed.ask(); over || err != nil {
		x.handle(event{kind: evLinger, err: err})
		return
	}
	x.timers[timerFlush].set(x.flushed.pause)
}
