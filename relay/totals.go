package relay

import (
	"sync/atomic"
	"time"
)

// Totals count the bytes that a relay moved.
type Totals struct {
	Sent, Received int64     // bytes, from local to remote and back
	Began          time.Time // when it got the connection
	FirstByte      time.Time // when the first byte came from the remote; zero: never

	// Unanswered says that the remote was half-closed, and then came to its
	// EOF without having sent another byte: it may have taken the half-close
	// for a client that has gone.
	Unanswered bool
}

// Receive counts n bytes that have just come from the remote.
func (t *Totals) Receive(n int) {
	if n > 0 && t.FirstByte.IsZero() {
		t.FirstByte = time.Now()
	}
	t.Received += int64(n)
}

// A Gauge tells how much a relay has moved so far, also by zero copy. It may be
// read while the relay runs, and afterwards.
type Gauge struct{ of atomic.Pointer[referee] }

// Moved returns the bytes from local to remote and back.
func (g *Gauge) Moved() (sent, received int64) {
	x := g.of.Load()
	if x == nil {
		return 0, 0
	}
	return x.flows[local].moved.Load(), x.flows[remote].moved.Load()
}

// watch has g tell about x. A nil Gauge does nothing.
func (g *Gauge) watch(x *referee) {
	if g != nil {
		g.of.Store(x)
	}
}
