package cli

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/addr"
	"gonc/conn/errno"
)

// How many ports a scan asks at once where that takes more than a bare connect:
// a TLS handshake needs some work here, and each port through a proxy is one
// more connection that the proxy has to serve.
const (
	handshakesAtOnce = 64
	proxiedAtOnce    = 16
)

// shortagePause is a wait for descriptors that other connections have to give
// back.
const shortagePause = 20 * time.Millisecond

// scanDialing asks what only a whole connect can ask: a Unix socket, ports
// through proxies, and ports with TLS.
func (o *invocation) scanDialing(ctx context.Context, r *scanReport) error {
	d, err := o.dialer(ctx)
	if err != nil {
		return err
	}
	d.Timeout = o.scanLimit()
	targets := []addr.Addr{o.Target.Addr}
	if len(o.Target.Ports) > 0 {
		targets = targets[:0]
	}
	for _, port := range o.Target.Ports {
		targets = append(targets, addr.Addr{Host: o.Target.Host, Port: portText(port)})
	}
	switch {
	case o.Has(option.Explain) || o.Interval > 0:
		return o.scanInTurn(ctx, d, targets, r)
	case o.HasProxy():
		// The first one alone, since the proxy may want a password.
		err := o.scanInTurn(ctx, d, targets[:1], r)
		if err == nil {
			err = scanAtOnce(ctx, d, targets[1:], proxiedAtOnce, r)
		}
		return err
	}
	return scanAtOnce(ctx, d, targets, handshakesAtOnce, r)
}

// scanInTurn asks targets one after another.
func (o *invocation) scanInTurn(ctx context.Context, d *conn.Dialer, targets []addr.Addr, r *scanReport) error {
	for i, a := range targets {
		if i > 0 && !pause(ctx, o.Interval) {
			break
		}
		c, err := o.dialAsking(ctx, d, a)
		if err == nil {
			c.Close()
		} else if ctx.Err() != nil {
			break
		} else if event.IsLocal(err) {
			return err
		}
		r.dialed(d, a, err)
	}
	return ctx.Err()
}

// scanAtOnce asks targets, up to most at once, and prints them in order.
func scanAtOnce(ctx context.Context, d *conn.Dialer, targets []addr.Addr, most int, r *scanReport) error {
	asking, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	results := dialEach(asking, d, targets, most, &workers)
	for i, a := range targets {
		select {
		case err := <-results[i]:
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil && event.IsLocal(err):
				return err
			}
			r.dialed(d, a, err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// dialEach starts workers that try all targets until ctx is done, and returns
// where the result of each will be.
func dialEach(ctx context.Context, d *conn.Dialer, targets []addr.Addr, most int, workers *sync.WaitGroup) []chan error {
	results := make([]chan error, len(targets))
	for i := range results {
		results[i] = make(chan error, 1)
	}
	var taken, busy atomic.Int64
	for range min(most, len(targets)) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(taken.Add(1)) - 1
				if i >= len(targets) {
					return
				}
				results[i] <- tryDial(ctx, d, targets[i], &busy)
			}
		})
	}
	return results
}

// tryDial connects to a, with all that belongs to it, and closes the connection.
// While there are others under way, which busy counts, it waits for what they
// give back if the system is short of something.
func tryDial(ctx context.Context, d *conn.Dialer, a addr.Addr, busy *atomic.Int64) error {
	for {
		busy.Add(1)
		c, err := d.Dial(ctx, a)
		others := busy.Add(-1)
		if err == nil {
			c.Close()
		}
		if !errno.IsShortage(err) || others == 0 || !pause(ctx, shortagePause) {
			return err
		}
	}
}

// pause waits for d, and reports whether ctx is still to be heeded.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
