//go:build !linux

package path

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Probe connects to an address by TCP once, closes, and returns the answer. It
// ends with ctx, which is silence.
func Probe(ctx context.Context, to netip.AddrPort) Answer {
	begin := time.Now()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", to.String())
	if err == nil {
		c.Close()
	}
	return Answer{Addr: to, Outcome: OutcomeOf(err), Took: time.Since(begin)}
}
