package relay

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"gonc/relay/stdfile"
	"gonc/relay/tcpinfo"
)

// watchPeer watches whether the peer of a side that is at EOF goes away, which
// no read can tell any more.
func (x *referee) watchPeer(s side) {
	e := x.ends[s]
	if !e.stream() {
		return
	}
	c := e.bare
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetKeepAliveConfig(afterEOF)
	}
	x.unwatch = append(x.unwatch, func() { c.SetReadDeadline(past) })
	x.workers.Go(func() {
		err := tcpinfo.AwaitPeerGone(c)
		if interrupted(err) || errors.Is(err, net.ErrClosed) || errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if err != nil {
			err = e.failure("write", connError("write", c, err))
		}
		if x.ends[s.other()].src.broadcast && tcpinfo.AllAcked(c) {
			err = nil
		}
		x.post(event{kind: evGone, side: s, err: err})
	})
}

// watchReader watches whether the reader of what local writes goes away.
func (x *referee) watchReader() {
	f := x.ends[local].W.(*os.File)
	x.workers.Go(func() {
		if stdfile.AwaitReaderGone(f) == nil {
			x.post(event{kind: evGone, side: local})
		}
	})
}

// afterEOF makes the system ask a peer that is at EOF now and then whether it
// still exists. Most have gone, and their system refuses the probe as soon as
// it has forgotten the connection, which takes Linux a minute (tcp(7),
// tcp_fin_timeout).
var afterEOF = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 4}

// watchAfter is the age at which a relay begins to watch the reader of its output,
// and the time after the EOF of a peer at which it begins to watch that peer. Most
// are over by then.
const watchAfter = 100 * time.Millisecond

// goneCheck is the pause between checks of a connection that the command doesn't
// read from.
const goneCheck = 500 * time.Millisecond

// watchUnread ends a relay whose remote is reset while local does not take
// what came from it, so that no read could tell.
func (x *referee) watchUnread(ctx context.Context, cancel context.CancelCauseFunc) {
	c := x.ends[remote].bare
	look := time.NewTicker(goneCheck)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if x.flows[remote].writing.Load() && tcpinfo.IsClosed(c) {
				cancel(connError("read", c, syscall.ECONNRESET))
			}
		case <-ctx.Done():
			return
		}
	}
}
