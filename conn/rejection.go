package conn

import (
	"net"
	"sync"
	"time"
)

// A Rejection is a peer that was turned away before its connection reached the
// handler.
type Rejection struct {
	Remote net.Addr

	// Err is what Access, Header or Secure returned; nil where the limit was
	// the reason.
	Err error

	// Limit is the limit that was reached, where that was the reason.
	Limit int

	// More is how many others were turned away for the same kind of reason
	// since the last report, and are not reported by themselves: peers must
	// not be able to fill a log.
	More int
}

// maxReports bounds the rejections of one kind that are reported in a second.
const maxReports = 10

// A reporter passes rejections on, at most maxReports a second, and sums up
// the others once that second is over.
type reporter struct {
	tell func(Rejection) // may be nil

	mu    sync.Mutex
	since time.Time // when the current second began
	told  int       // reports in it
	last  Rejection // of those that were not told
	more  int       // how many were not told
	timer *time.Timer
}

func (r *reporter) report(x Rejection) {
	if r.tell == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if now.Sub(r.since) >= time.Second {
		r.sumUp()
		r.since, r.told = now, 0
	}
	if r.told++; r.told <= maxReports {
		r.tell(x)
		return
	}
	r.last = x
	if r.more++; r.more == 1 {
		r.timer = time.AfterFunc(time.Second, r.flush)
	}
}

// flush reports what has not been told yet.
func (r *reporter) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sumUp()
}

// sumUp reports what has not been told yet. r is locked.
func (r *reporter) sumUp() {
	if r.more == 0 {
		return
	}
	r.timer.Stop()
	r.last.More = r.more - 1
	r.more = 0
	r.tell(r.last)
}
