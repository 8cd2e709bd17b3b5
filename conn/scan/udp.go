package scan

import (
	"context"
	"errors"
	"os"
	"time"

	"gonc/conn/errno"
)

// refillTime is a bit more than the time in which a host that limits its ICMP
// errors allows itself the next one. Linux allows itself a burst of 6 and then
// one a second to the same peer (net.ipv4.icmp_ratelimit), others more.
const refillTime = 1100 * time.Millisecond

// sweepUDP scans UDP ports, a batch after the other.
func sweepUDP(ctx context.Context, s *sweep, q *queue) error {
	for {
		var batch []job
		for len(batch) < s.parallel {
			j, ok := q.take()
			if !ok {
				break
			}
			batch = append(batch, j)
		}
		if len(batch) == 0 {
			return nil
		}
		if err := s.askUDP(ctx, batch, s.probeUDP, q.record); err != nil {
			return err
		}
	}
}

// askUDP records each job of batch. A closed port is known by an ICMP error,
// and hosts limit those: of many ports asked at once all but a few look as
// silent as open ones. So the silent are asked again for as long as anything
// new is heard. A round is never so short that a host which limits its errors
// could not send one, so after a round without one the silent are silent.
func (s *sweep) askUDP(ctx context.Context, batch []job, p probe, record func(job, finding)) error {
	for len(batch) > 0 {
		start := time.Now()
		silent, closed, err := s.roundUDP(ctx, batch, p, record)
		if err != nil {
			return err
		}
		if closed == 0 {
			for _, a := range silent {
				record(a.job, a.finding)
			}
			return nil
		}
		batch = batch[:0]
		for _, a := range silent {
			batch = append(batch, a.job)
		}
		if len(batch) > 0 {
			if err := pause(ctx, refillTime-time.Since(start)); err != nil {
				return err
			}
		}
	}
	return nil
}

// roundUDP asks each job of batch once. It records those that were answered,
// and returns the silent and the number of the closed.
func (s *sweep) roundUDP(ctx context.Context, batch []job, p probe, record func(job, finding)) (silent []answer, closed int, err error) {
	next := 0
	take := func() (job, bool) {
		if next == len(batch) {
			return job{}, false
		}
		next++
		return batch[next-1], true
	}
	err = s.dispatch(ctx, take, p, func(j job, o finding) {
		switch o.state {
		case Silent:
			silent = append(silent, answer{job: j, finding: o})
			return
		case Closed:
			closed++
		}
		record(j, o)
	})
	return silent, closed, err
}

// probeUDP sends an empty datagram and, because one may get lost, another one
// halfway through the time that there is for the answer.
func (s *sweep) probeUDP(ctx context.Context, j job) (finding, error) {
	start := time.Now()
	c, err := s.dial(ctx, j.to, s.timeout)
	if err != nil {
		return verdictUDP(time.Since(start), err), s.classify(ctx, j.to, err)
	}
	defer c.Close()
	for i := range 2 {
		if _, err = c.Write(nil); err != nil {
			break
		}
		c.SetReadDeadline(start.Add(s.timeout * time.Duration(i+1) / 2))
		stop := context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Unix(1, 0)) })
		_, err = c.Read(make([]byte, 1))
		stop()
		if ctx.Err() != nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	rtt := time.Since(start)
	if err != nil {
		return verdictUDP(rtt, err), s.classify(ctx, j.to, err)
	}
	return finding{state: Open, rtt: rtt}, nil
}

// verdictUDP returns the finding of a socket that returned err.
func verdictUDP(rtt time.Duration, err error) finding {
	switch {
	case errors.Is(err, errno.Refused), errors.Is(err, errno.Reset): // Windows says reset
		return finding{Closed, rtt, errno.Refused}
	case errors.Is(err, errno.TooLong): // Windows says so of an answer that is cut
		return finding{state: Open, rtt: rtt}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return finding{state: Silent, rtt: rtt}
	}
	return finding{Filtered, rtt, bare(err)}
}
