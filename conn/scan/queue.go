package scan

import (
	"net/netip"
	"time"
)

// maxAhead bounds how many ports a scan may be ahead of the first one that has no
// result yet. It has to be far more than are tried at once, or one port that
// does not answer would hold up all that do; it bounds what is remembered.
const maxAhead = 16384

// minLimit is the least time that an address gets after others have used up that
// of the port.
const minLimit = 100 * time.Millisecond

// A job is one port to try at one address.
type job struct {
	index int // in queue.ports
	addr  int // in queue.targets
	to    netip.AddrPort

	begun time.Time     // when the port's first address was begun
	limit time.Duration // for this address
}

// A finding is the outcome of a job.
type finding struct {
	state State
	rtt   time.Duration
	err   error
}

// A queue hands out the ports of a scan and puts the results, which come as
// they like, back in order. It is not safe for concurrent use.
type queue struct {
	targets []netip.Addr
	ports   []uint16
	timeout time.Duration // of a port
	report  func(Result)

	again []job // to be handed out before the next port
	next  int   // index of the first port that was not handed out
	rows  []row // the ports that were and are not reported, in order
}

// A row holds the results of one port.
type row struct {
	results []Result
	done    bool
}

func newQueue(w *sweep, ports []uint16, report func(Result)) *queue {
	return &queue{targets: w.targets, ports: ports, timeout: w.timeout, report: report}
}

// take returns the next job. There may be none now and some later, when a job
// that is under way has a finding; if none is under way, the scan is done.
func (q *queue) take() (job, bool) {
	if n := len(q.again); n > 0 {
		j := q.again[n-1]
		q.again = q.again[:n-1]
		return j, true
	}
	if q.next == len(q.ports) || len(q.rows) == maxAhead {
		return job{}, false
	}
	q.rows = append(q.rows, row{})
	q.next++
	return q.job(q.next-1, 0, time.Now()), true
}

// putBack takes back a job that could not be begun.
func (q *queue) putBack(j job) { q.again = append(q.again, j) }

// record records the finding of a job, and reports what can be reported now.
func (q *queue) record(j job, o finding) {
	open := o.state == Open || o.state == Silent
	last := open || j.addr == len(q.targets)-1
	first := q.next - len(q.rows)
	r := &q.rows[j.index-first]
	r.results = append(r.results, Result{
		Address: j.to.Addr(), Port: j.to.Port(), State: o.state, Last: last, RTT: o.rtt, Err: o.err,
	})
	r.done = last
	if !last {
		q.again = append(q.again, q.job(j.index, j.addr+1, j.begun))
	}
	for len(q.rows) > 0 && q.rows[0].done {
		for _, result := range q.rows[0].results {
			q.report(result)
		}
		q.rows[0] = row{}
		q.rows = q.rows[1:]
	}
}

// job returns the job of one address of a port that was begun at begun. The
// addresses that are left share the time that is left, as those of a net.Dialer
// do: a host that is silent takes Timeout once, however many addresses it has.
func (q *queue) job(index, addr int, begun time.Time) job {
	left := q.timeout - time.Since(begun)
	limit := max(left/time.Duration(len(q.targets)-addr), minLimit)
	return job{index, addr, netip.AddrPortFrom(q.targets[addr], q.ports[index]), begun, min(limit, q.timeout)}
}
