package cli

import (
	"context"
	"sync"
	"sync/atomic"

	"gonc/cli/event"
	"gonc/conn"
	"gonc/conn/addr"
)

// handshakesAtOnce is how many ports a scan asks at once where a port is open
// when a TLS handshake was made: each needs some work here, unlike a bare
// connect.
const handshakesAtOnce = 64

// scanHandshakes asks targets, several at once, and prints them in order.
func (o *invocation) scanHandshakes(ctx context.Context, d *conn.Dialer, targets []addr.Addr, r *scanReport) error {
	asking, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	results := dialEach(asking, d, targets, &workers)
	for i, a := range targets {
		select {
		case err := <-results[i]:
			if err != nil && event.IsLocal(err) {
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
func dialEach(ctx context.Context, d *conn.Dialer, targets []addr.Addr, workers *sync.WaitGroup) []chan error {
	results := make([]chan error, len(targets))
	for i := range results {
		results[i] = make(chan error, 1)
	}
	var taken atomic.Int64
	for range min(handshakesAtOnce, len(targets)) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(taken.Add(1)) - 1
				if i >= len(targets) {
					return
				}
				results[i] <- tryDial(ctx, d, targets[i])
			}
		})
	}
	return results
}

// tryDial connects to a, with the handshake, and closes the connection.
func tryDial(ctx context.Context, d *conn.Dialer, a addr.Addr) error {
	c, err := d.Dial(ctx, a)
	if err == nil {
		c.Close()
	}
	return err
}
