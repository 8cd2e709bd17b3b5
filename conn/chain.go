package conn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"gonc/conn/addr"
	"gonc/conn/proxy"
)

// proxyTimeout bounds the time that the proxies of a chain may take to connect to
// the target, all together, when the Dialer has no limit of its own.
const proxyTimeout = 30 * time.Second

// connectThrough opens a connection to the first proxy that the others and a
// are reached by. Proxies that ask for a login by Digest get it over another
// connection: many close the one that they have asked over.
func (d *Dialer) connectThrough(ctx context.Context, network string, a addr.Addr) (net.Conn, error) {
	chain := slices.Clone(d.Proxies)
	for {
		c, err := d.connectChain(ctx, network, chain, a)
		if err == nil || !answerDigest(chain, err) {
			return c, err
		}
	}
}

// answerDigest prepares the proxy that err is from to answer its challenge,
// and reports whether there is one, which it has not answered before.
func answerDigest(chain []proxy.Proxy, err error) bool {
	var asked *proxy.Error
	if !errors.As(err, &asked) || asked.Digest == nil {
		return false
	}
	for i := range chain {
		if p := &chain[i]; p.Address == asked.Address && p.User != "" && p.Digest == nil {
			p.Digest = asked.Digest
			return true
		}
	}
	return false
}

// connectChain opens a connection to the first proxy of chain, and has it go
// on to a.
func (d *Dialer) connectChain(ctx context.Context, network string, chain []proxy.Proxy, a addr.Addr) (net.Conn, error) {
	first := &chain[0]
	c, err := d.dialDirect(ctx, network, first.Address)
	if err != nil {
		return nil, first.Unreachable(a, err)
	}
	if err := d.tunnel(ctx, network, chain, c, a); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// tunnel has the proxies take c, a connection to the first one, on to a.
func (d *Dialer) tunnel(ctx context.Context, network string, chain []proxy.Proxy, c net.Conn, a addr.Addr) error {
	if d.Timeout <= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, proxyTimeout)
		defer cancel()
	}
	for i := range chain {
		next := a
		if i+1 < len(chain) {
			next = chain[i+1].Address
		}
		if err := d.tunnelHop(ctx, network, &chain[i], c, next); err != nil {
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
