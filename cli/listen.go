package cli

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/path"
	"gonc/conn/sockopt"
)

// datagramSession is the time for which a session of a UDP listener that keeps open may
// be silent: nothing tells when its peer has gone.
const datagramSession = 60 * time.Second

// maxDatagramSessions is at most how many of them there are.
const maxDatagramSessions = 10000

// listen binds and serves.
func (o *invocation) listen(ctx context.Context) error {
	l, err := o.listener(ctx)
	if err != nil {
		return err
	}
	serve, done, err := o.handlerFor(ctx, o.keepsOpen())
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.OnEnd = func(remote net.Addr, err error) {
		err = o.unlessQuiet(err)
		var evicted *conn.EvictedError
		switch {
		case err == nil:
		case errors.As(err, &evicted):
			o.out.Print(event.Evicted{Remote: remote, Limit: evicted.Limit})
		case isOutputError(err):
			cancel(err) // no connection can be served any longer
		case ctx.Err() == nil || signalOf(ctx) == nil:
			o.out.Print(event.SessionFailed{Remote: remote, Err: err})
		}
	}
	err = o.unlessQuiet(l.Serve(ctx, serve))
	if cause := context.Cause(ctx); isOutputError(cause) {
		return cause
	}
	return err
}

// listener returns the Listener that the command line describes.
func (o *invocation) listener(ctx context.Context) (*conn.Listener, error) {
	opts, err := o.socketOptions(ctx)
	if err != nil {
		return nil, err
	}
	if o.dialect.DualStack && o.listensOnAllIPv6() {
		opts = append(opts, sockopt.DualStack())
	}
	l := &conn.Listener{
		Network:       o.listenNetwork(),
		Address:       o.Target.Addr,
		Numeric:       o.Has(option.NoDNS),
		Options:       opts,
		Congestion:    o.Congestion,
		DeferAccept:   o.handler.clientFirst,
		KeepOpen:      o.keepsOpen(),
		MaxConns:      o.connLimit(),
		Evict:         !o.handler.untilEOF,
		AcceptTimeout: o.AcceptTimeout,
		Loopback:      o.Has(option.ProxyServer), // a proxy for every machine has to be asked for
		Interface:     o.Interface,
		OnDropped:     o.dropped,
	}
	if o.Has(option.SocketActivation) {
		l.Network = o.Protocol()
		if l.Sockets, err = conn.Passed(); err != nil {
			return nil, err
		}
	}
	if err := o.secureListener(l); err != nil {
		return nil, err
	}
	o.reportListener(l)
	return l, o.admission(ctx, l)
}

// reportListener has l print what happens.
func (o *invocation) reportListener(l *conn.Listener) {
	l.OnListen = o.listening
	l.OnRetry = func(err error) { o.out.Print(event.Waiting{Err: err}) }
	if o.out.Level() == 0 {
		return
	}
	l.OnAccept = func(c net.Conn) {
		o.out.Print(event.Accepted{Local: c.LocalAddr(), Remote: c.RemoteAddr()})
		o.printTLS(c, true)
	}
	l.OnRefused = func(r conn.Rejection) { o.out.Print(event.Refused{Remote: r.Remote, Limit: r.Limit, More: r.More}) }
}

// listensOnAllIPv6 reports whether the listener is for every IPv6 address.
func (o *invocation) listensOnAllIPv6() bool {
	host := o.Target.Host
	return host == "" && o.Has(option.IPv6) || host == "::"
}

// listening prints where a listener listens, and if that is read where it may
// be reached.
func (o *invocation) listening(at []net.Addr) {
	o.listensAt = at
	e := event.Listening{Network: o.Protocol(), At: at, Page: o.Has(option.HTTP), Mutual: o.Has(option.TLSTrustFile) || o.Has(option.TLSPin)}
	if o.tlsServer != nil {
		shown := o.tlsServer.Certificate()
		e.TLS = &shown
	}
	e.Explained = o.Has(option.Explain)
	if e.Explained || o.dialect.Hints && (o.out.Level() > 0 || o.terminal) {
		for _, a := range at {
			if ap, err := netip.ParseAddrPort(a.String()); err == nil {
				e.Places = append(e.Places, path.Places(e.Network, ap)...)
			}
		}
	}
	o.out.Print(e)
	o.confine()
}

// listenNetwork returns the network, narrowed where the dialect has one family
// only for a listener without an address.
func (o *invocation) listenNetwork() string {
	a := o.Target.Addr
	if n := o.Network(); a.Path != "" || a.Host != "" || o.dialect.BothFamilies || n != o.Protocol() {
		return n
	}
	return o.Protocol() + "4"
}
