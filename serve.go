package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"gonc/conn"
	"gonc/relay"
)

// Defaults of --max-conns.
const (
	maxConns     = 100
	maxPageConns = 10000
)

// udpSession is how long a UDP session of -k may be silent.
const udpSession = 60 * time.Second

// udpQuiet is how long a UDP client waits for replies after standard input
// has ended.
const udpQuiet = time.Second

// serve does what o asks for.
func serve(ctx context.Context, o *options, say *speaker) error {
	at, err := o.address()
	if err != nil {
		return err
	}
	if o.listen {
		return listen(ctx, o, at, say)
	}
	return connect(ctx, o, at, say)
}

// connect dials and relays.
func connect(ctx context.Context, o *options, to conn.Address, say *speaker) error {
	proto := o.protocol()
	begin := time.Now()
	d := &conn.Dialer{
		Network: o.network(),
		Numeric: o.noDNS,
		Source:  conn.Address{Host: conn.ParseHost(o.source), Port: o.sourcePort},
		Timeout: o.connectLimit(),
		Options: o.socketOptions(),
	}
	var failed []conn.Attempt
	if say.level > 0 {
		d.OnTried = func(t conn.Attempt) {
			if t.Err != nil {
				failed = append(failed, t)
				return
			}
			for _, f := range failed {
				say.attemptFailed(proto, to, f)
			}
			say.connected(proto, to, t.Addr)
			say.took("connect", t.Took)
		}
		d.OnResolved = func(_ string, _ []netip.Addr, took time.Duration) { say.took("dns", took) }
	}
	c, err := d.Dial(ctx, to)
	if err != nil {
		return err
	}
	s := &relay.Stdio{Local: o.local(), Remote: o.remote(), Policy: o.policy(), OnEnd: say.onEnd(begin)}
	return o.ended(s.Serve(ctx, c))
}

// listen binds and serves.
func listen(ctx context.Context, o *options, at conn.Address, say *speaker) error {
	handle, done, err := o.handler(say)
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l := &conn.Listener{
		Network:       o.network(),
		Address:       at,
		Numeric:       o.noDNS,
		Options:       o.socketOptions(),
		KeepOpen:      o.keepOpen || o.http,
		MaxConns:      o.connLimit(),
		AcceptTimeout: o.acceptT.d,
	}
	banner := &banner{say: say, http: o.http, terminal: isTerminal(os.Stderr)}
	l.OnListen = banner.listening
	if say.level > 0 {
		l.OnAccept = func(c net.Conn) { say.accepted(c.RemoteAddr()) }
		l.OnRefuse = func(remote net.Addr) { say.refused(remote, l.MaxConns) }
		l.OnRetry = say.short
	}
	l.OnEnd = func(remote net.Addr, err error) {
		if localFailure(err) {
			cancel(err) // nobody's connection is served any longer
			return
		}
		say.ended(remote, o.ended(err))
	}
	err = o.ended(l.Serve(ctx, handle))
	if cause := context.Cause(ctx); localFailure(cause) {
		return cause
	}
	return err
}

// localFailure reports whether err is about standard output, which all
// connections share.
func localFailure(err error) bool {
	var local *relay.LocalError
	return errors.As(err, &local) && local.Op == "write"
}

// handler is what a listener does with its connections. done releases it.
func (o *options) handler(say *speaker) (handle relay.Handler, done func(), err error) {
	done = func() {}
	switch {
	case o.http:
		p, err := o.pageHandler(say)
		if err != nil {
			return nil, nil, err
		}
		return p.Serve, done, nil
	case o.replySet:
		r := &relay.Reply{Text: []byte(o.reply), Out: relay.Locked(relay.Files(nil, os.Stdout).W), Idle: o.idleLimit()}
		return r.Serve, done, nil
	case o.keepOpen:
		f := &relay.Fanout{Local: o.local(), Remote: o.remote(), Policy: o.policy(), Datagram: o.udp}
		return f.Serve, f.Close, nil
	}
	s := &relay.Stdio{Local: o.local(), Remote: o.remote(), Policy: o.policy(), OnEnd: say.onEnd(time.Now())}
	return s.Serve, done, nil
}

func (o *options) pageHandler(say *speaker) (*relay.Page, error) {
	p := &relay.Page{Server: "gonc/" + version}
	switch o.page {
	case "":
	case "-":
		body, err := io.ReadAll(os.Stdin)
		if err != nil {
			return nil, &relay.LocalError{Op: "read", Err: err}
		}
		p.Body = bytes.Clone(body)
	default:
		if err := relay.CheckPageFile(o.page); err != nil {
			return nil, err
		}
		p.File = o.page
	}
	if say.level > 0 {
		p.Log = say.request
	}
	return p, nil
}

// protocol is the network without its family.
func (o *options) protocol() string {
	if o.udp {
		return "udp"
	}
	return "tcp"
}

func (o *options) socketOptions() []conn.Option {
	var opts []conn.Option
	if o.broadcast {
		opts = append(opts, conn.Broadcast())
	}
	return opts
}

// connLimit is at most how many connections are served at once.
func (o *options) connLimit() int {
	switch {
	case o.maxConns > 0:
		return o.maxConns
	case o.http:
		return maxPageConns
	}
	return maxConns
}

// connectLimit is the limit on connecting; zero: none.
func (o *options) connectLimit() time.Duration {
	if o.connectT.set {
		return o.connectT.d
	}
	return o.timeout.d
}

// idleLimit is the limit on idleness; zero: none.
func (o *options) idleLimit() time.Duration {
	switch {
	case o.idleT.set:
		return o.idleT.d
	case o.timeout.set:
		return o.timeout.d
	case o.listen && o.udp && o.keepOpen:
		return udpSession
	}
	return 0
}

// ended is err without what is no failure here: idleness that -w or the
// nature of UDP sessions limits, and the end of a server that was told to end.
func (o *options) ended(err error) error {
	if err == relay.ErrIdle && !o.idleT.set {
		return nil
	}
	return err
}

// local is standard input and output, as far as they are used.
func (o *options) local() relay.End {
	in, out := os.Stdin, os.Stdout
	if !o.readsStdin() {
		in = nil
	}
	if o.sendOnly {
		out = nil
	}
	e := relay.Files(in, out)
	if o.crlf {
		e = relay.CRLF(e)
	}
	return relay.Interval(e, o.interval.d)
}

// remote makes an End of a connection; nil: as it is.
func (o *options) remote() func(net.Conn) relay.End {
	if o.recvLimit == 0 {
		return nil
	}
	return func(c net.Conn) relay.End { return relay.LimitReads(relay.Conn(c), o.recvLimit) }
}

// policy is what the gonc dialect decides about ends.
func (o *options) policy() relay.Policy {
	p := relay.Policy{NoHalfClose: o.noShutdown, AtRemoteEOF: relay.FinishIfIdle, Idle: o.idleLimit()}
	switch {
	case o.recvLimit > 0, o.readsStdin() && isTerminal(os.Stdin):
		p.AtRemoteEOF = relay.Finish
	case o.sendOnly:
		p.AtRemoteEOF = relay.KeepSending
	}
	quit := o.quitAfter
	switch {
	case o.udp && !quit.set && !o.listen:
		quit = timeOption{true, udpQuiet}
		if o.timeout.set {
			quit.d = o.timeout.d
		}
	case !o.udp && !quit.set && o.sendOnly:
		quit.set = true
	}
	switch {
	case !quit.set || quit.d < 0:
	case quit.d == 0:
		p.Linger = relay.Flush
	case o.udp:
		p.Quiet = quit.d
	default:
		p.Linger = quit.d
	}
	return p
}
