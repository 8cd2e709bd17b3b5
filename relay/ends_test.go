package relay

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// reachable walks every state that can be reached from the ways in which a
// relay can begin, with every event that can happen in it, and calls visit.
func reachable(visit func(step)) map[state]bool {
	seen := make(map[state]bool)
	todo := beginnings()
	for len(todo) > 0 {
		st := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[st] {
			continue
		}
		seen[st] = true
		for _, ev := range possible(st) {
			to, actions := next(st, ev)
			visit(step{st, ev, to, actions})
			todo = append(todo, to)
		}
	}
	return seen
}

// beginnings returns all the ways in which a relay can begin.
func beginnings() (all []state) {
	kinds := []sideRules{{}, {closes: true}, {stream: true}, {stream: true, closes: true}, {stream: true, closes: true, waits: true}}
	for _, l := range kinds {
		for _, r := range kinds {
			for at := KeepSending; at <= Finish; at++ {
				for _, flows := range [][2]flowState{{flowRunning, flowRunning}, {flowNone, flowRunning}, {flowRunning, flowNone}} {
					st := state{rules: [2]sideRules{l, r}, flow: flows}
					st.rules[local].timers = true
					st.rules[remote].atEOF = at
					all = append(all, st)
				}
			}
		}
	}
	return all
}

var errSide = errors.New("failed")

// possible returns the events that can happen in a state. Even when it is done a
// timer may fire and the context may be cancelled.
func possible(st state) []event {
	all := []event{{kind: evIdle, err: ErrIdle}, {kind: evCancel, err: errSide}, {kind: evLinger}, {kind: evQuiet}, {kind: evHalfCloseDue}}
	for s := local; s <= remote; s++ {
		if st.flow[s] == flowRunning {
			all = append(all,
				event{kind: evEOF, side: s}, event{kind: evEOF, side: s, idle: true}, event{kind: evEOF, side: s, late: s == local},
				event{kind: evReadError, side: s, err: errSide}, event{kind: evReadError, side: s, err: errSide, reset: true},
				event{kind: evWriteError, side: s.other(), err: errSide},
				event{kind: evCut, side: s, err: errSide}, event{kind: evCut, side: s, err: errSide, idle: true},
				event{kind: evStopped, side: s}, event{kind: evStopped, side: s, lost: 1}, event{kind: evStopped, side: s, lost: 1, held: true})
		}
		if st.closing[s] {
			all = append(all, event{kind: evClosed, side: s}, event{kind: evClosed, side: s, err: errSide})
		}
		if s == local && !st.rules[local].stream || st.flow[s] == flowEOF {
			all = append(all, event{kind: evGone, side: s, err: errSide}, event{kind: evGone, side: s, idle: true})
		}
	}
	return all
}

// A step is an event that happens in a state, and what follows.
type step struct {
	from    state
	ev      event
	to      state
	actions []action
}

func (p *step) did(kind actionKind, s side) bool { return slices.Contains(p.actions, action{kind, s}) }

// loses reports whether the event is about bytes that are lost.
func (p *step) loses() bool {
	return p.ev.kind == evStopped && p.ev.lost > 0 && (!p.ev.held || p.from.stopping)
}

// fails reports whether the event is a failure.
func (p *step) fails() bool {
	return slices.Contains([]eventKind{evReadError, evCut, evWriteError, evIdle, evCancel}, p.ev.kind)
}

// brokenLaw returns the law of a relay that p breaks, or nothing.
func (p *step) brokenLaw() string {
	from, to, o := p.from, p.to, p.ev.side.other()
	if from.done {
		if len(p.actions) > 0 || to != from {
			return "nothing happens after done"
		}
		return ""
	}
	part := p.loses() || p.ev.kind == evReadError || p.ev.kind == evCut
	switch {
	case (p.loses() || p.fails()) && !p.did(actFail, p.ev.side) && !p.did(actLose, o):
		return "a failure and a loss are reported"
	case part && from.rules[o].stream && !p.did(actReset, o):
		return "a side that did not get everything is reset"
	case p.ev.kind == evCancel && !to.stopping && !to.done:
		return "cancel stops everything"
	case to.stopping && !from.stopping && !p.did(actStop, local):
		return "stopping interrupts"
	case to.done != (to.flow[local] != flowRunning && to.flow[remote] != flowRunning && to.closing == [2]bool{}):
		return "done is when nothing is left to move"
	case to.done && to.late:
		return "no timer outlives done"
	}
	return cmp.Or(p.brokenLawOf(local), p.brokenLawOf(remote))
}

// brokenLawOf returns the law of each side that p breaks for s, or nothing.
func (p *step) brokenLawOf(s side) string {
	from, to, o := p.from, p.to, s.other()
	closes := p.did(actCloseWrite, s) || p.did(actCloseWriteLast, s)
	streams := from.rules[local].stream && from.rules[remote].stream
	cut := from.flow[o] == flowRunning && !from.closed[s]
	switch {
	case closes && (from.closed[s] || !from.rules[s].closes):
		return "EOF is passed on at most once, and only where possible"
	case to.flow[o] == flowEOF && !to.closed[s] && from.rules[s].closes && !to.late && !to.done:
		return "EOF is passed on, or waits for its time"
	case to.closing[s] && !from.closing[s] && !(closes && from.rules[s].waits):
		return "only a close that may wait is under way"
	case closes && from.rules[s].stream && to.flow[o] == flowOver && from.flow[o] == flowRunning:
		return "a part is never told as the whole"
	case from.flow[s] != flowRunning && to.flow[s] != from.flow[s]:
		return "a flow that is over stays so"
	case p.ev.kind == evCancel && streams && cut != p.did(actReset, s):
		return "of two streams, exactly those that cancel cuts short are reset"
	}
	return ""
}

// The laws of the table of ends, in every state and for every event.
func TestEndsLaws(t *testing.T) {
	states := reachable(func(p step) {
		if law := p.brokenLaw(); law != "" {
			t.Errorf("%s: %+v, %+v: %v", law, p.from, p.ev, p.actions)
		}
	})
	for st := range states {
		if end := ended(st); !end.done {
			t.Errorf("cancelled, and all that runs stopped, it is not done: %+v", end)
		}
	}
	t.Logf("%d states", len(states))
}

// ended cancels a relay and stops what runs.
func ended(st state) state {
	st, _ = next(st, event{kind: evCancel, err: errSide})
	for s := local; s <= remote; s++ {
		if st.flow[s] == flowRunning {
			st, _ = next(st, event{kind: evStopped, side: s})
		}
		if st.closing[s] {
			st, _ = next(st, event{kind: evClosed, side: s})
		}
	}
	return st
}

// Rows of the table, one event after another.
func TestEndsTable(t *testing.T) {
	stdio := [2]sideRules{{closes: true, timers: true}, {stream: true, closes: true}}
	both := [2]sideRules{{stream: true, closes: true, timers: true}, {stream: true, closes: true}}
	for _, c := range []struct {
		name   string
		rules  [2]sideRules
		at     AtRemoteEOF
		events []event
		want   string // actions, the last event's
	}{
		{"local EOF half-closes", stdio, KeepSending, []event{{kind: evEOF}}, "close remote, timers, watch local"},
		{"late", stdio, KeepSending, []event{{kind: evEOF, late: true}}, "delay remote, timers, watch local"},
		{"late, due", stdio, KeepSending, []event{{kind: evEOF, late: true}, {kind: evHalfCloseDue}}, "close remote"},
		{"late, due twice", stdio, KeepSending, []event{{kind: evEOF, late: true}, {kind: evHalfCloseDue}, {kind: evHalfCloseDue}}, ""},
		{"remote EOF keeps sending", stdio, KeepSending, []event{{kind: evEOF, side: remote}}, "close local, watch remote"},
		{"remote EOF finishes", stdio, Finish, []event{{kind: evEOF, side: remote}}, "close local, finish local"},
		{"remote EOF, local idle", stdio, FinishIfIdle, []event{{kind: evEOF, side: remote, idle: true}}, "close local, finish local"},
		{"remote EOF, local busy", stdio, FinishIfIdle, []event{{kind: evEOF, side: remote}}, "close local, watch remote"},
		{"both", stdio, KeepSending, []event{{kind: evEOF}, {kind: evEOF, side: remote}}, "close last local"},
		{"input fails", stdio, KeepSending, []event{{kind: evReadError}}, "fail local, reset remote, stop reading remote"},
		{"a reset is passed on", both, KeepSending, []event{{kind: evReadError, reset: true}}, "fail local, reset remote, stop reading remote"},
		{"cut short keeps sending", stdio, KeepSending, []event{{kind: evCut, side: remote}}, "fail remote, close local, watch remote"},
		{"cut short, local idle", stdio, FinishIfIdle, []event{{kind: evCut, side: remote, idle: true}}, "fail remote, close local, finish local"},
		{"cut short is passed on", both, KeepSending, []event{{kind: evCut, side: remote}}, "fail remote, reset local, stop reading local"},
		{"output fails", stdio, KeepSending, []event{{kind: evWriteError}}, "fail local, reset remote, stop local"},
		{"remote refuses", stdio, KeepSending, []event{{kind: evWriteError, side: remote}}, "fail remote"},
		{"reader gone, local idle", stdio, FinishIfIdle, []event{{kind: evGone, idle: true}}, "fail gone local, reset remote, stop local"},
		{"reader gone, local busy", stdio, FinishIfIdle, []event{{kind: evGone}}, ""},
		{"reader gone, local sent", stdio, FinishIfIdle, []event{{kind: evGone}, {kind: evEOF}}, "close remote, timers, watch local, fail gone local, reset remote, stop local"},
		{"peer gone", stdio, KeepSending, []event{{kind: evEOF, side: remote}, {kind: evGone, side: remote}}, "fail remote, stop reading local"},
		{"idle twice", stdio, KeepSending, []event{{kind: evIdle}, {kind: evIdle}}, "fail local"},
		{"idle streams are cut short", both, KeepSending, []event{{kind: evIdle}}, "fail local, reset local, reset remote, stop local"},
		{"cancelled streams are cut short", both, KeepSending, []event{{kind: evCancel}}, "fail local, reset local, reset remote, stop local"},
		{"cancelled, one has had all", both, KeepSending, []event{{kind: evEOF, side: remote}, {kind: evCancel}}, "fail local, reset remote, stop local"},
		{"cancelled standard input", stdio, KeepSending, []event{{kind: evCancel}}, "fail local, stop local"},
		{"idle after EOF of one", both, KeepSending, []event{{kind: evEOF, side: remote}, {kind: evIdle}}, "fail local, reset remote, stop local"},
	} {
		st := state{rules: c.rules, flow: [2]flowState{flowRunning, flowRunning}}
		st.rules[remote].atEOF = c.at
		var actions []action
		for _, ev := range c.events {
			st, actions = next(st, ev)
		}
		if got := describe(actions); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func describe(actions []action) (text string) {
	names := map[actionKind]string{actFail: "fail", actFailGone: "fail gone", actLose: "lose", actCloseWrite: "close", actCloseWriteLast: "close last",
		actDelayClose: "delay", actReset: "reset", actStopReading: "stop reading", actFinish: "finish", actStop: "stop", actTimers: "timers", actWatch: "watch"}
	for i, a := range actions {
		if i > 0 {
			text += ", "
		}
		side := map[side]string{local: "local", remote: "remote"}[a.side]
		text += fmt.Sprintf("%s %s", names[a.kind], side)
		if a.kind == actTimers {
			text = text[:len(text)-len(side)-1]
		}
	}
	return text
}
