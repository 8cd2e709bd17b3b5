package scan

import (
	"context"
	"net/netip"
	"time"
)

// The pauses between rounds double up to a second.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = time.Second
)

// rounds scans the ports that are not open yet again and again until Retry is
// over, and reports each port once.
type rounds struct {
	ports   []uint16
	report  func(Result)
	latest  [][]Result // of each port; the addresses of the host in order
	next    int        // the first port that was not reported
	pending []int      // indexes of the ports that are not open
}

func (s *Scanner) scanAgain(ctx context.Context, addrs []netip.Addr, ports []uint16, report func(Result)) error {
	r := rounds{ports: ports, report: report, latest: make([][]Result, len(ports))}
	for i := range ports {
		r.pending = append(r.pending, i)
	}
	end := time.Now().Add(s.Retry)
	if err := r.round(ctx, s, addrs); err != nil { // whole, however long it takes
		return err
	}
	if len(r.pending) > 0 && s.OnRetry != nil {
		s.OnRetry(len(r.pending))
	}
	limited, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for p := firstPause; len(r.pending) > 0; p = min(2*p, lastPause) {
		err := pause(limited, p)
		if err == nil {
			err = r.round(limited, s, addrs)
		}
		switch {
		case limited.Err() != nil && ctx.Err() == nil:
			r.finish()
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// round tries every pending port once.
func (r *rounds) round(ctx context.Context, s *Scanner, addrs []netip.Addr) error {
	asked := make([]uint16, len(r.pending))
	for i, at := range r.pending {
		asked[i] = r.ports[at]
	}
	var closed []int
	var results []Result
	n := 0
	err := s.scanOnce(ctx, addrs, asked, func(f Result) {
		results = append(results, f)
		if !f.Last {
			return
		}
		at := r.pending[n]
		r.latest[at], results = results, nil
		n++
		if isOpen(r.latest[at]) {
			r.flush()
		} else {
			closed = append(closed, at)
		}
	})
	r.pending = append(closed, r.pending[n:]...)
	return err
}

// flush reports the ports from the first that was not, as far as they are open.
func (r *rounds) flush() {
	for r.next < len(r.ports) && isOpen(r.latest[r.next]) {
		r.reportNext()
	}
}

// finish reports all that were not.
func (r *rounds) finish() {
	for r.next < len(r.ports) {
		r.reportNext()
	}
}

func (r *rounds) reportNext() {
	for _, f := range r.latest[r.next] {
		r.report(f)
	}
	r.next++
}

func isOpen(results []Result) bool {
	if len(results) == 0 {
		return false
	}
	last := results[len(results)-1].State
	return last == Open || last == Silent
}
