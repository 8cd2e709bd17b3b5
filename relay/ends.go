package relay

// A side is one of the two that a relay joins.
type side uint8

const (
	local side = iota
	remote
)

func (s side) other() side { return 1 - s }

// A flowState is what has become of the bytes that one side gives.
type flowState uint8

const (
	flowNone    flowState = iota // this side is not read
	flowRunning                  // its bytes are moved to the other side
	flowEOF                      // all of them were moved
	flowOver                     // reading stopped, or failed, or writing failed
)

// sideRules describe a side before the relay begins.
type sideRules struct {
	stream bool        // a stream connection: it can be reset, and it can be read after a write failed
	closes bool        // its sending half is closed at the EOF of the other side
	waits  bool        // closing it sends something, for which there may be no room for a while
	timers bool        // its EOF starts the timers of the policy
	atEOF  AtRemoteEOF // what its EOF means for the other side
}

// A state is all that decides what an event means. It has no time and no
// bytes in it: the referee turns those into events.
type state struct {
	rules    [2]sideRules
	flow     [2]flowState // of the bytes that this side gives
	closed   [2]bool      // the sending half of this side is closed, or must stay open for good
	closing  [2]bool      // its close is under way
	late     bool         // the half-close of remote waits for its time
	gone     bool         // nothing reads what local writes
	stopping bool         // both sides were interrupted
	done     bool
}

// An eventKind says what happened.
type eventKind uint8

const (
	evEOF          eventKind = iota // all that a side gave has been written
	evReadError                     // a side could not be read
	evCut                           // a stream ended without the mark that its protocol has for its end
	evWriteError                    // a side could not be written
	evStopped                       // reading or writing a flow was interrupted
	evGone                          // the reader of a side's output, or its peer, has gone
	evClosed                        // the close of a sending half that was under way has returned
	evHalfCloseDue                  // a late half-close has waited long enough
	evLinger                        // the time for receiving after EOF is over, or all is acknowledged
	evQuiet                         // the peer has been silent for long enough
	evIdle                          // nothing has moved for too long
	evCancel                        // the context is done
	numEvents
)

// An event is something that happened to a side, with the facts about it that
// a decision needs.
type event struct {
	kind eventKind
	side side  // which gave EOF, could not be read or written, whose flow was stopped, or that has gone
	err  error // what to report; nil: nothing

	idle  bool  // evEOF, evCut, evGone: the other side has given nothing and has nothing ready
	late  bool  // evEOF: the half-close is to wait
	reset bool  // evReadError: it was a reset by the peer
	lost  int64 // evStopped: bytes that were read and not written
	held  bool  // evStopped: they are lost only if the whole relay was stopped
}

// An actionKind is something that the referee does.
type actionKind uint8

const (
	actFail           actionKind = iota // record the event's error, if it is the first
	actFailGone                         // record that nothing reads what a side writes
	actLose                             // record that bytes of the event did not reach a side
	actCloseWrite                       // close the sending half of a side
	actCloseWriteLast                   // the same, with nothing left to do but exit
	actDelayClose                       // start the timer of a late half-close
	actReset                            // close the connection of a side by a reset in the end
	actStopReading                      // interrupt reading a side; what was read is written
	actFinish                           // the same, after one read if there is something to read and none has returned
	actStop                             // interrupt all reads and writes
	actTimers                           // start the timers that run after EOF
	actWatch                            // watch whether the peer of a side goes away
)

type action struct {
	kind actionKind
	side side
}

// next decides what an event means. It is the table of ends:
//
//	EOF of a side         close the sending half of the other side, at once or
//	                      late, as the policy says; start the timers if it is
//	                      local; then stop reading the other side, once what
//	                      it had ready at first is sent, or go on, as the
//	                      policy says
//	a side can't be read  report it; the other side must not take what it got
//	                      for all there was: it is reset, if it is a
//	                      connection; stop reading the other side
//	a stream ends without report it; then as for an EOF, but another stream is
//	the mark for its end  reset
//	a stream can't be     report it; go on reading it, because a reset still
//	written               delivers what was queued
//	another sink can't    report it and stop
//	be written
//	bytes were lost       report it; reset the side that did not get them
//	the reader of output  stop with the error of a write, once all that local
//	has gone              has begun to give is sent
//	a peer that has ended stop reading the other side
//	goes away
//	idle, cancelled       stop: whatever is read or written is interrupted; of two
//	                      streams each that has not been given all that the
//	                      other had to give is reset
//	linger, quiet         stop
//	both flows are over   done, once the sending halves are closed
//
// A side that has more to give than can be written is reset, so that its peer
// does not take its bytes for delivered.
func next(st state, ev event) (state, []action) {
	if st.done {
		return st, nil
	}
	d := decision{state: st, ev: ev}
	switch ev.kind {
	case evEOF:
		d.eof()
	case evReadError:
		d.readError()
	case evCut:
		d.cut()
	case evWriteError:
		d.writeError()
	case evStopped:
		d.stopped()
	case evGone:
		d.peerGone()
	case evClosed:
		d.closing[ev.side] = false
		if ev.err != nil {
			d.do(actFail, ev.side)
		}
	case evHalfCloseDue:
		if d.late {
			d.late = false
			d.closeWrite(remote)
		}
	case evIdle, evCancel:
		d.do(actFail, ev.side)
		d.cutShort()
		d.stop()
	case evLinger, evQuiet:
		d.do(actFail, ev.side)
		d.stop()
	}
	d.finish()
	return d.state, d.actions
}

// A decision is a state on its way to the next one.
type decision struct {
	state
	ev      event
	actions []action
}

func (d *decision) do(kind actionKind, s side) {
	d.actions = append(d.actions, action{kind, s})
}

func (d *decision) running(s side) bool { return d.flow[s] == flowRunning }

// eof handles the EOF of a side all of whose bytes were written.
func (d *decision) eof() {
	s, o := d.ev.side, d.ev.side.other()
	d.flow[s] = flowEOF
	if d.ev.late && o == remote && d.rules[o].closes && !d.closed[o] && d.running(o) {
		d.late = true
		d.do(actDelayClose, o)
	} else {
		d.closeWrite(o)
	}
	if d.rules[s].timers {
		d.do(actTimers, s)
	}
	if !d.running(o) {
		return
	}
	if d.finishes(s) {
		d.do(actFinish, o)
	} else {
		d.do(actWatch, s)
	}
}

// finishes reports whether the other side is not read any more after the EOF
// of s.
func (d *decision) finishes(s side) bool {
	switch d.rules[s].atEOF {
	case Finish:
		return true
	case FinishIfIdle:
		return d.ev.idle
	}
	return false
}

// readError handles a side that could not be read to its EOF.
func (d *decision) readError() {
	s, o := d.ev.side, d.ev.side.other()
	d.flow[s] = flowOver
	d.do(actFail, s)
	if d.rules[s].stream && !d.ev.reset {
		d.do(actReset, s)
	}
	if d.rules[o].stream {
		d.closed[o] = true
		d.do(actReset, o)
	} else {
		d.closeWrite(o)
	}
	if d.running(o) {
		d.do(actStopReading, o)
	}
}

// cut handles the end of a stream that may have lost its last bytes on the way.
// Its peer may well read on: some close the TCP connection under TLS by halves.
func (d *decision) cut() {
	s, o := d.ev.side, d.ev.side.other()
	d.do(actFail, s)
	if !d.rules[o].stream {
		d.eof()
		return
	}
	d.flow[s] = flowOver
	d.closed[o] = true
	d.do(actReset, o)
	if d.running(o) {
		d.do(actStopReading, o)
	}
}

// writeError handles a side that could not be written.
func (d *decision) writeError() {
	s, o := d.ev.side, d.ev.side.other()
	d.flow[o] = flowOver
	d.closed[s] = true
	d.do(actFail, s)
	if d.rules[o].stream {
		d.do(actReset, o)
	}
	if !d.rules[s].stream {
		d.stop()
	}
}

// stopped handles a flow that was interrupted.
func (d *decision) stopped() {
	s, o := d.ev.side, d.ev.side.other()
	d.flow[s] = flowOver
	if d.ev.lost > 0 && (!d.ev.held || d.stopping) {
		d.do(actLose, o)
		if d.rules[o].stream {
			d.closed[o] = true
			d.do(actReset, o)
		}
	}
}

// peerGone handles a side that takes nothing any more, which no write has met.
func (d *decision) peerGone() {
	s, o := d.ev.side, d.ev.side.other()
	switch {
	case d.rules[s].stream:
		d.do(actFail, s)
		if d.running(o) {
			d.do(actStopReading, o)
		}
	case d.running(o):
		d.gone = true
		d.closed[s] = true
		if d.running(s) && d.finishes(o) {
			d.endGone()
		}
	}
}

// endGone stops because nothing reads what local writes.
func (d *decision) endGone() {
	d.gone = false
	d.do(actFailGone, local)
	if d.rules[remote].stream {
		d.do(actReset, remote)
	}
	d.stop()
}

// closeWrite closes the sending half of s, once.
func (d *decision) closeWrite(s side) {
	if d.closed[s] || !d.rules[s].closes {
		return
	}
	d.closed[s], d.closing[s] = true, d.rules[s].waits
	if d.running(s) {
		d.do(actCloseWrite, s)
	} else {
		d.do(actCloseWriteLast, s)
	}
}

// cutShort resets those of two streams whose peer would take what it got for all
// there was.
func (d *decision) cutShort() {
	if !d.rules[local].stream || !d.rules[remote].stream {
		return
	}
	for s := local; s <= remote; s++ {
		if d.running(s.other()) && !d.closed[s] {
			d.closed[s] = true
			d.do(actReset, s)
		}
	}
}

func (d *decision) stop() {
	if !d.stopping {
		d.stopping = true
		d.do(actStop, local)
	}
}

// finish ends a relay that has nothing more to move.
func (d *decision) finish() {
	if d.gone && !d.running(local) && d.running(remote) {
		d.endGone()
	}
	if !d.running(local) && !d.running(remote) {
		d.done = !d.closing[local] && !d.closing[remote]
		d.late = d.late && !d.done
	}
}
