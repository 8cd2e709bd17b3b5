package cli

import (
	"context"
	"sync"

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
	results := make([]chan error, len(targets))
	for i := range results {
		results[i] = make(chan error, 1)
	}
	next := make(chan int)
	workers.Go(func() {
		defer close(next)
		for i := range targets {
			select {
			case next <- i:
			case <-asking.Done():
				return
			}
		}
	})
	for range min(handshakesAtOnce, len(targets)) {
		workers.Go(func() {
			for i := range next {
				results[i] <- tryDial(asking, d, targets[i])
			}
		})
	}
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

// tryDial connects to a, with the handshake, and closes the connection.
func tryDial(ctx context.Context, d *conn.Dialer, a addr.Addr) error {
	c, err := d.Dial(ctx, a)
	if err == nil {
		c.Close()
	}
	return err
}
