package relay

import (
	"errors"
	"syscall"

	"gonc/relay/tcpinfo"
)

// A socket reports the error that ended its connection once (socket(7),
// SO_ERROR). Where a write took it, a read finds what looks like EOF, and what
// came would be taken for all there was.
type severed struct {
	errs    [2]error  // what a write to this side took
	held    [2]*event // the EOF of this side, until the write reports
	refused [2]bool   // that a write to this side met EPIPE is what the relay failed with
}

// waitsForWrite keeps the EOF of a connection that has gone, if a write under
// way took the error: it is about to report it.
func (x *referee) waitsForWrite(ev event) bool {
	s := ev.side
	if ev.kind != evEOF || !x.ends[s].stream() || x.state.closed[s] || x.state.flow[s.other()] != flowRunning {
		return false
	}
	if !tcpinfo.ErrorTaken(x.ends[s].bare) {
		return false
	}
	x.held[s] = &ev
	return true
}

// handleHeld handles an EOF that has waited long enough.
func (x *referee) handleHeld() {
	for s := local; s <= remote; s++ {
		if held := x.held[s]; held != nil && x.state.flow[s.other()] != flowRunning {
			x.held[s] = nil
			x.handle(*held)
		}
	}
}

// severance notes an error that a write took, and returns ev, or what it
// stands for: an EOF after such an error is none. EPIPE says that the EOF came
// first (tcp_reset of Linux), or that an error was reported before: if a read
// took it, that is about to tell what happened.
func (x *referee) severance(ev event) event {
	switch {
	case ev.kind == evWriteError && !x.ends[ev.side].stream():
	case ev.kind == evWriteError && errors.Is(ev.err, syscall.EPIPE):
		x.refused[ev.side] = x.err == nil
	case ev.kind == evWriteError:
		x.errs[ev.side] = ev.err
	case ev.kind == evReadError && ev.reset && x.refused[ev.side]:
		x.err = nil
	case ev.kind == evEOF && x.errs[ev.side] != nil:
		ev.kind, ev.err, ev.reset = evReadError, x.errs[ev.side], true
	}
	return ev
}
