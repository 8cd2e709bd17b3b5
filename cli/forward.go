package cli

import (
	"context"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/access"
	"gonc/conn/addr"
	"gonc/conn/deadline"
	"gonc/conn/proxyproto"
	"gonc/conn/tlsconn"
	"gonc/relay"
)

// targetLimit bounds the time to connect to a target where no other
// limit was asked for: its client is waiting, and the next target may answer.
const targetLimit = 10 * time.Second

// A target is one that connections are passed on to.
type target struct {
	dialer conn.Dialer
	to     option.Forward
}

// forward passes each connection on to the first target that can be reached.
func (o *invocation) forward(ctx context.Context, _ bool) (serve relay.Handler, done func(), err error) {
	base, err := o.targetDialer(ctx)
	if err != nil {
		return nil, nil, err
	}
	targets := make([]target, len(o.To))
	for i, to := range o.To {
		t := target{*base, to}
		t.dialer.Network = to.Network
		if err := t.secure(); err != nil {
			return nil, nil, err
		}
		targets[i] = t
	}
	serve = func(ctx context.Context, c net.Conn) error {
		f := o.forwarder(func(ctx context.Context) (net.Conn, error) { return o.reach(ctx, targets, c) })
		f.Remote = o.remote()
		return f.Serve(ctx, c)
	}
	return serve, nothing, nil
}

// forwarder returns what joins a connection to the one that dial makes.
func (o *invocation) forwarder(dial func(context.Context) (net.Conn, error)) *relay.Forward {
	return &relay.Forward{Dial: dial, Policy: relay.Policy{Idle: o.idleLimit()}, OnEnd: o.onEnd(true)}
}

// targetDialer returns the Dialer of connections to targets. The options about
// proxies and sources are about those, and the family is that of the listener.
func (o *invocation) targetDialer(ctx context.Context) (*conn.Dialer, error) {
	d, err := o.dialer(ctx)
	if err != nil {
		return nil, err
	}
	d.Network, d.Secure = "tcp", nil
	d.Source = addr.Addr{Host: addr.ParseHost(o.Source)} // the port is the listener's
	if d.Timeout == 0 {
		d.Timeout = targetLimit
	}
	d.Deadlines = new(deadline.Queue)
	return d, nil
}

// secure has the connections to a target made over TLS, if the target asks for it.
func (t *target) secure() error {
	if !t.to.TLS {
		return nil
	}
	c := tlsconn.Config{NoVerify: t.to.NoVerify, TrustFile: t.to.TrustFile, Pins: t.to.Pin, ServerName: t.to.ServerName}
	client, err := c.Client()
	if err != nil {
		return err
	}
	client.LoadRoots() // before the program is confined
	t.dialer.Secure = func(ctx context.Context, c net.Conn, a addr.Addr) (net.Conn, error) {
		c, err := client.Handshake(ctx, c, a.Host)
		if err != nil {
			return nil, &event.TargetHandshakeError{Err: err}
		}
		return c, nil
	}
	return nil
}

// reach connects to the first target that can be reached, for a client. The
// error is that of the last one.
func (o *invocation) reach(ctx context.Context, targets []target, client net.Conn) (c net.Conn, err error) {
	for i := range targets {
		t := targets[i]
		if c, err = o.reachOne(ctx, &t, client); err == nil || ctx.Err() != nil {
			return c, err
		}
		if i+1 < len(targets) {
			o.out.Print(event.TargetFailed{Client: client.RemoteAddr(), Target: t.to.Addr, Err: err})
		}
	}
	return nil, err
}

// reachOne connects to a target for a client, whose address the PROXY header
// bears.
func (o *invocation) reachOne(ctx context.Context, t *target, client net.Conn) (net.Conn, error) {
	if t.to.Network == "unix" && o.listensAtPath(t.to.Addr.Path) {
		return nil, &access.TargetError{Host: t.to.Addr.Path, Reason: access.ForbiddenItself}
	}
	if len(t.dialer.Proxies) == 0 {
		t.dialer.Permit = func(at netip.AddrPort) error { return o.noLoop(t.to.Network, t.to.Addr.Host, at) }
	}
	if o.Has(option.ProxyProtocol) {
		t.dialer.Header = func(_ context.Context, c net.Conn) error { return o.sendHeader(c, client) }
	}
	return o.dialTarget(ctx, &t.dialer, t.to.Addr)
}

// dialTarget connects to a target, and prints how. What may be the matter with
// a target that does not answer is not looked into for each client.
func (o *invocation) dialTarget(ctx context.Context, d *conn.Dialer, a addr.Addr) (net.Conn, error) {
	if o.out.Level() == 0 {
		return d.Dial(ctx, a)
	}
	network, _ := addr.Family(d.Network)
	d.OnTried = func(t conn.Attempt) {
		if t.Err == nil && len(d.Proxies) == 0 {
			o.out.Print(event.Connected{Network: network, To: a, Addr: t.Addr, Took: t.Took, Numeric: d.Numeric})
		}
	}
	c, err := d.Dial(ctx, a)
	if err != nil {
		return nil, err
	}
	o.printTunnel(d, a)
	o.printTLS(c, false)
	return c, nil
}

// sendHeader sends the PROXY header about client.
func (o *invocation) sendHeader(c, client net.Conn) error {
	h := proxyproto.Header{Source: client.RemoteAddr(), Destination: client.LocalAddr()}
	header := h.AppendV1(nil)
	if o.ProxyProtocol == 2 {
		header = h.AppendV2(nil)
	}
	_, err := c.Write(header)
	return err
}

// noLoop returns an error if at is where this program itself listens.
func (o *invocation) noLoop(network, host string, at netip.AddrPort) error {
	if network == o.Protocol() && access.IsListener(o.listensAt, at) {
		return &access.TargetError{Host: host, Addr: at, Reason: access.ForbiddenItself}
	}
	return nil
}

// listensAtPath reports whether this program listens on the Unix socket at path.
func (o *invocation) listensAtPath(path string) bool {
	if !o.Has(option.Unix) {
		return false
	}
	a, err1 := filepath.Abs(path)
	b, err2 := filepath.Abs(o.Target.Path)
	return path == o.Target.Path || err1 == nil && err2 == nil && a == b
}
