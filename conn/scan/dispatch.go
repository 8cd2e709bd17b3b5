package scan

import (
	"context"
	"errors"
	"time"
)

// A probe does one job. Its error is not a finding of the port, but a
// *shortageError or the end of the scan.
type probe func(context.Context, job) (finding, error)

// An answer is the result of a probe.
type answer struct {
	job     job
	finding finding
	err     error
}

// dispatch runs p for each job that take hands out, as many at a time as may
// be, and gives the outcomes to record. It is done when take has nothing to
// hand out and no probe is running; when it returns, none is.
func (s *sweep) dispatch(ctx context.Context, take func() (job, bool), p probe, record func(job, finding)) error {
	ctx, cancel := context.WithCancel(ctx)
	d := dispatcher{throttle: newThrottle(s.parallel), take: take, probe: p, record: record, answers: make(chan answer)}
	defer d.drain()
	defer cancel()
	opening := time.NewTimer(openingTime)
	defer opening.Stop()
	for {
		d.launch(ctx)
		if d.running == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-opening.C:
			d.open(now)
		case a := <-d.answers:
			d.running--
			if err := d.receive(ctx, a); err != nil {
				return err
			}
		}
	}
}

type dispatcher struct {
	throttle
	take    func() (job, bool)
	probe   probe
	record  func(job, finding)
	answers chan answer
	running int
	again   []job
}

// launch begins as many jobs as the throttle allows.
func (d *dispatcher) launch(ctx context.Context) {
	for d.running < d.limit {
		j, ok := d.nextJob()
		if !ok {
			return
		}
		d.running++
		go d.run(ctx, j)
	}
}

func (d *dispatcher) nextJob() (job, bool) {
	if n := len(d.again); n > 0 {
		j := d.again[n-1]
		d.again = d.again[:n-1]
		return j, true
	}
	return d.take()
}

// run makes one probe, in a goroutine of its own.
func (d *dispatcher) run(ctx context.Context, j job) {
	o, err := d.probe(ctx, j)
	d.answers <- answer{j, o, err}
}

func (d *dispatcher) receive(ctx context.Context, a answer) error {
	var short *shortageError
	switch {
	case a.err == nil:
		d.grow()
		d.record(a.job, a.finding)
		return nil
	case errors.As(a.err, &short):
		d.again = append(d.again, a.job)
		return d.shrink(ctx, d.running, short.err)
	}
	return a.err
}

// drain waits for the probes that are still running, which have been told to
// end.
func (d *dispatcher) drain() {
	for ; d.running > 0; d.running-- {
		<-d.answers
	}
}
