package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
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

// datagramSession is how long a session of -k with -u may be silent: nothing
// tells when its peer has gone.
const datagramSession = 60 * time.Second

// listen binds and serves.
func listen(ctx context.Context, o *options, at target, say *speaker) error {
	opts, err := o.socketOptions()
	if err != nil {
		return err
	}
	handle, done, err := o.handler(say)
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l := &conn.Listener{
		Network:       o.listenNetwork(at.Address),
		Address:       at.Address,
		Numeric:       o.noDNS,
		Options:       opts,
		Congestion:    o.congestion,
		DeferAccept:   o.http,
		KeepOpen:      o.keepOpen || o.http,
		MaxConns:      o.connLimit(),
		AcceptTimeout: o.acceptT.d,
	}
	b := &banner{say: say, o: o, terminal: isTerminal(os.Stderr)}
	l.OnListen = b.listening
	if say.level > 0 {
		l.OnAccept = func(c net.Conn) { say.accepted(c) }
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

// listenNetwork is network, narrowed where the dialect has one family only
// for those who name no address.
func (o *options) listenNetwork(at conn.Address) string {
	if n := o.network(); at.Path != "" || at.Host != "" || o.dialect.bothFamilies || n != o.protocol() {
		return n
	}
	return o.protocol() + "4"
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
		local := relay.Files(nil, os.Stdout)
		local.W = relay.Locked(local.W)
		r := &relay.Reply{Text: []byte(o.reply), Local: local, Idle: o.idleLimit()}
		return r.Serve, done, nil
	case o.keepOpen:
		f := &relay.Fanout{Local: o.local(), Remote: o.remote(), Policy: o.policy(), OnEnd: say.onEnd(true), Datagram: o.udp}
		return f.Serve, f.Close, nil
	}
	s := &relay.Stdio{Local: o.local(), Remote: o.remote(), Policy: o.policy(), OnEnd: say.onEnd(false)}
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
