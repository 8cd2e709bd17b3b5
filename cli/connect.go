package cli

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"gonc/cli/dialect"
	"gonc/cli/event"
	"gonc/cli/message"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/addr"
	"gonc/relay"
)

// connect dials each port that is asked for and hands the connections over,
// one after another. It fails when it could connect to none of them.
func (o *invocation) connect(ctx context.Context) error {
	d, err := o.dialer(ctx)
	if err != nil {
		return err
	}
	serve, done, err := o.handlerFor(ctx, len(o.Target.Ports) > 0)
	if err != nil {
		return err
	}
	defer done()
	if len(o.Target.Ports) == 0 {
		return o.connectOne(ctx, d, o.Target.Addr, serve)
	}
	return o.connectPorts(ctx, d, serve)
}

// connectPorts connects to one port after another.
func (o *invocation) connectPorts(ctx context.Context, d *conn.Dialer, serve relay.Handler) error {
	var last error
	connected := false
	for _, port := range o.Target.Ports {
		a := addr.Addr{Host: o.Target.Host, Port: portText(port)}
		err := o.connectOne(ctx, d, a, serve)
		switch {
		case err == nil:
			connected = true
		case isOutputError(err) || ctx.Err() != nil:
			return err
		default:
			last = err
			o.out.Print(event.Failed{Err: err})
		}
	}
	if connected {
		return nil
	}
	return message.Reported(last)
}

// connectOne makes one connection and hands it over.
func (o *invocation) connectOne(ctx context.Context, d *conn.Dialer, a addr.Addr, serve relay.Handler) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d.OnRefusal = func(remote net.Addr, err error) { o.refused(remote, err, cancel) }
	c, err := o.dial(ctx, d, a)
	if err != nil {
		return err
	}
	if len(o.Target.Ports) == 0 {
		defer o.confineSoon()()
	}
	o.last = relay.Totals{Unanswered: true}
	err = serve(ctx, c)
	var refusal *refusalError
	switch {
	case errors.As(context.Cause(ctx), &refusal):
		return refusal.err
	case err == nil && conn.Refusal(c) != nil:
		return message.Reported(conn.Refusal(c))
	}
	return o.checkEarlyEnd(c.RemoteAddr(), o.unlessQuiet(err))
}

// dropped prints how many datagrams this host has dropped.
func (o *invocation) dropped(datagrams uint64) { o.out.Print(event.Dropped{Datagrams: datagrams}) }

// A refusalError ends a UDP connection in a dialect where a refusal does.
type refusalError struct{ err error } // nil: that is no failure

func (*refusalError) Error() string { return "refused" }

// refused prints that the host of a UDP connection refuses datagrams, or ends
// the connection.
func (o *invocation) refused(remote net.Addr, err error, end context.CancelCauseFunc) {
	switch o.dialect.RefusalEnds {
	case dialect.Quietly:
		end(&refusalError{})
		return
	case dialect.Failing:
		end(&refusalError{err})
		return
	}
	if o.RecvLimit > 0 { // no answer is to be waited for
		end(&refusalError{o.checkEarlyEnd(remote, err)})
		return
	}
	o.out.Print(event.Failed{Err: o.checkEarlyEnd(remote, err)})
}

// dial connects to a and prints how, and on failure what may be the matter.
func (o *invocation) dial(ctx context.Context, d *conn.Dialer, a addr.Addr) (net.Conn, error) {
	w := o.watch(ctx, d, a)
	c, err := o.dialAsking(ctx, d, a)
	if err = w.done(err); err != nil {
		return nil, err
	}
	o.printTunnel(d, a)
	o.printTLS(c, false)
	return c, nil
}

// printTunnel prints a connection to a that is not to one of its addresses, of
// which there are events already.
func (o *invocation) printTunnel(d *conn.Dialer, a addr.Addr) {
	switch {
	case a.Path != "":
		o.out.Print(event.ConnectedUnix{Network: d.Network, Path: a.Path})
	case len(d.Proxies) > 0:
		if port, err := addr.ParsePort("tcp", a.Port); err == nil {
			o.out.Print(event.Tunneled{Network: "tcp", To: a, Port: port, Numeric: d.Numeric})
		}
	}
}

// dialer returns the Dialer that the command line describes.
func (o *invocation) dialer(ctx context.Context) (*conn.Dialer, error) {
	opts, err := o.socketOptions(ctx)
	if err != nil {
		return nil, err
	}
	chain, err := o.proxies()
	if err != nil {
		return nil, err
	}
	d := &conn.Dialer{
		Network:    o.Network(),
		Numeric:    o.Has(option.NoDNS),
		Source:     o.sourceAddr(),
		Timeout:    o.dialLimit(),
		Retry:      o.Retry,
		Options:    opts,
		Proxies:    chain,
		Congestion: o.Congestion,
		SendOnly:   o.Has(option.SendOnly),
		OnDropped:  o.dropped,
	}
	return d, o.secureDialer(d)
}

// dialLimit returns connectLimit, or where nothing else limits an explained connect
// the limit of that.
func (o *invocation) dialLimit() time.Duration {
	if limit := o.connectLimit(); limit > 0 || !o.Has(option.Explain) {
		return limit
	}
	return explainLimit
}

func portText(port uint16) string { return strconv.Itoa(int(port)) }
