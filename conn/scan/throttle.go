package scan

import (
	"context"
	"errors"
	"syscall"
	"time"
)

const (
	// firstBurst is how many probes go out before the first answer. The
	// neighbour's address may not be known yet, and while the kernel asks for
	// it it keeps about a hundred packets and drops the rest; a SYN that is
	// dropped there is sent again only after a second, which may be too late
	// (net.ipv4.neigh.default.unres_qlen: 101).
	firstBurst = 32

	// openingTime is how long firstBurst holds when no answer comes: enough
	// to learn a neighbour's address, too little to be felt.
	openingTime = 100 * time.Millisecond

	// shortagePause is a wait for what others have to give back.
	shortagePause = 20 * time.Millisecond

	// maxShortage is how long to wait in all. A source port that was used
	// comes back after the minute of TIME_WAIT.
	maxShortage = 90 * time.Second
)

// A throttle says how many probes may be under way at once.
type throttle struct {
	limit, max int
	opens      time.Time // when firstBurst ends in any case
	short      time.Time // since when nothing gets through; zero: it does
}

func newThrottle(parallel int) throttle {
	return throttle{limit: min(firstBurst, parallel), max: parallel, opens: time.Now().Add(openingTime)}
}

// grow is called for each probe that has a finding.
func (t *throttle) grow() {
	t.limit = min(2*t.limit, t.max)
	t.short = time.Time{}
}

// open is called when time has passed; it ends the first burst.
func (t *throttle) open(now time.Time) {
	if !t.opens.IsZero() && !now.Before(t.opens) {
		t.limit, t.opens = t.max, time.Time{}
	}
}

// shrink is called when the system was too short of something, which err
// says, to begin one more than the running probes. They may give it back; if
// there is none to wait for, shrink itself waits, and when that has been so
// for too long, it returns err.
func (t *throttle) shrink(ctx context.Context, running int, err error) error {
	t.limit, t.opens = max(1, running), time.Time{}
	if running > 0 {
		return nil
	}
	if errors.Is(err, syscall.EMFILE) {
		return err // this process has nothing open that it could give back
	}
	now := time.Now()
	if t.short.IsZero() {
		t.short = now
	}
	if now.Sub(t.short) > maxShortage {
		return err
	}
	return pause(ctx, shortagePause)
}
