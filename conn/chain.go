package conn

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"time"

	"gonc/conn/addr"
	"gonc/conn/proxy"
)

// proxyTimeout is how long the proxies of a chain may take to connect to
// the target, all together, when the Dialer has no limit of its own.
const proxyTimeout = 30 * time.Second

// tunnel has the proxies take c, a connection to the first one, on to a.
func (d *Dialer) tunnel(ctx context.Context, network string, c net.Conn, a addr.Addr) error {
	if d.Timeout <= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, proxyTimeout)
		defer cancel()
	}
	for i := range d.Proxies {
		next := a
		if i+1 < len(d.Proxies) {
			next = d.Proxies[i+1].Address
		}
		if err := d.tunnelHop(ctx, network, &d.Proxies[i], c, next); err != nil {
			return err
		}
	}
	return nil
}

// tunnelHop has one proxy connect to the next address.
func (d *Dialer) tunnelHop(ctx context.Context, network string, p *proxy.Proxy, c net.Conn, next addr.Addr) error {
	find := func(ctx context.Context, network, host string) ([]netip.Addr, error) {
		return resolve(ctx, strings.Replace(network, "ip", "tcp", 1), host, d.Numeric)
	}
	next, err := p.Resolve(ctx, strings.Replace(network, "tcp", "ip", 1), next, find)
	if err != nil {
		return err
	}
	return p.Connect(ctx, c, next)
}
