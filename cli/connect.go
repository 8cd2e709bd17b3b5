package main

import (
	"context"
	"net"
	"net/netip"
	"os"
	"time"

	"gonc/conn"
	"gonc/relay"
)

// connect dials each port that is asked for and hands the connections over,
// one after another. It fails when none of them came through.
func connect(ctx context.Context, o *options, to target, say *speaker) error {
	d, err := o.dialer(say)
	if err != nil {
		return err
	}
	if len(to.ports) == 0 {
		return o.connectOne(ctx, d, to.Address, o.local, say)
	}
	came := false
	for _, port := range to.ports {
		a := conn.Address{Host: to.Host, Port: portText(port)}
		if err = o.connectOne(ctx, d, a, o.sharedLocal, say); err == nil {
			came = true
		} else if localFailure(err) || ctx.Err() != nil {
			return err
		} else {
			say.failed(err)
		}
	}
	if came {
		return nil
	}
	return errSaid{err}
}

// errSaid is an error that was told to the user already.
type errSaid struct{ error }

func (e errSaid) Unwrap() error { return e.error }

// connectOne makes one connection and hands it over.
func (o *options) connectOne(ctx context.Context, d *conn.Dialer, a conn.Address, local func() relay.End, say *speaker) error {
	say.attempts(d, o.protocol(), a)
	c, err := d.Dial(ctx, a)
	if err != nil {
		return err
	}
	say.reached(d, o.protocol(), a)
	if o.passFd {
		return relay.PassFd(os.Stdout)(ctx, c)
	}
	s := &relay.Stdio{Local: local(), Remote: o.remote(), Policy: o.policy(), OnEnd: say.onEnd(false)}
	return o.ended(s.Serve(ctx, c))
}

// dialer is what connects.
func (o *options) dialer(say *speaker) (*conn.Dialer, error) {
	opts, err := o.socketOptions()
	if err != nil {
		return nil, err
	}
	chain, err := o.chain()
	if err == nil {
		err = o.askPassword(chain)
	}
	if err != nil {
		return nil, err
	}
	d := &conn.Dialer{
		Network: o.network(),
		Numeric: o.noDNS,
		Source:  o.sourceAddress(),
		Timeout: o.connectLimit(),
		Options: opts,
		Proxies: chain,

		Congestion: o.congestion,
	}
	if say.level > 1 {
		d.OnResolved = func(_ string, _ []netip.Addr, took time.Duration) { say.took("dns", took) }
	}
	return d, nil
}

// local is standard input and output, as far as they are used.
func (o *options) local() relay.End {
	in, out := os.Stdin, os.Stdout
	if !o.readsStdin() {
		in = nil
	}
	if o.sendOnly || o.passFd {
		out = nil
	}
	e := relay.Files(in, out)
	if o.crlf {
		e = relay.CRLF(e)
	}
	return relay.Interval(e, o.interval.d)
}

// sharedLocal is local for one of several connections, one after another.
func (o *options) sharedLocal() relay.End { return relay.Shared(o.local()) }

// readsStdin reports whether standard input is for the connection.
func (o *options) readsStdin() bool {
	return !o.noStdin && !o.recvOnly && !o.http && !o.replySet && !o.passFd
}

// remote makes an End of a connection; nil: as it is.
func (o *options) remote() func(net.Conn) relay.End {
	if o.recvLimit == 0 && !o.telnet {
		return nil
	}
	return func(c net.Conn) relay.End {
		e := relay.Conn(c)
		if o.recvLimit > 0 {
			e = relay.LimitReads(e, o.recvLimit)
		}
		if o.telnet {
			e = relay.Telnet(e)
		}
		return e
	}
}

// idleLimit is the limit on idleness; zero: none.
func (o *options) idleLimit() time.Duration {
	switch {
	case o.idleT.set:
		return o.idleT.d
	case o.timeout.set:
		return o.timeout.d
	case o.listen && o.udp && o.keepOpen:
		return datagramSession
	}
	return 0
}

// ended is err without what is no failure here: idleness that -w or the
// nature of datagram sessions limits.
func (o *options) ended(err error) error {
	if err == relay.ErrIdle && !o.idleT.set {
		return nil
	}
	return err
}
