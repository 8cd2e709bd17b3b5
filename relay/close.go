package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gonc/relay/tcpinfo"
)

// stallLimit bounds how long a relay that is over waits for the peer's system to
// acknowledge some of what it was sent.
const stallLimit = 5 * time.Second

// blindLimit bounds the wait for the peer's EOF where nothing tells what
// its system has acknowledged.
const blindLimit = 2 * time.Second

// closeWrite closes the sending half of a side, on a goroutine of its own if
// that may wait: the relay goes on meanwhile, and its end interrupts the wait.
func (x *referee) closeWrite(s side) {
	e := x.ends[s]
	if s == remote && x.state.flow[remote] != flowEOF && !tcpinfo.PeerHasClosed(e.bare) {
		x.halved, x.answered = true, x.flows[remote].moved.Load()
	}
	x.arrived[s] = e.stream() && e.conn != e.bare && tcpinfo.AllAcked(e.bare)
	if x.state.closing[s] {
		x.workers.Go(func() { x.post(event{kind: evClosed, side: s, err: e.closeWrite()}) })
	} else if err := e.closeWrite(); err != nil {
		x.fail(err)
	}
}

// closeWrite closes the sending half of e. A connection that has gone already
// reports that where it is read, and one whose close was interrupted reports
// what it was not sent in the end.
func (e *End) closeWrite() error {
	err := e.CloseWrite()
	if err == nil || e.bare != nil && (errors.Is(err, syscall.ENOTCONN) || errors.Is(err, net.ErrClosed) || interrupted(err)) {
		return nil
	}
	return e.failure("write", err)
}

// closedAnyway reports whether the close of a side, which is about to follow, can
// take the place of its half-close: that of a socket with nothing left to read,
// which sends the same FIN, or that of files by the exit of the program. It does
// not follow soon if what was sent to either side is still on its way.
func (x *referee) closedAnyway(s side) bool {
	e, other := x.ends[s], x.ends[s.other()]
	if e.stream() {
		return x.joins && e.isSocket() && x.settled(s) && x.settled(s.other())
	}
	return e.dst.exitCloses && other.bare != nil && tcpinfo.AllAcked(other.bare)
}

// closeWell makes both sides ready to be closed, after run.
func (x *referee) closeWell(ctx context.Context) {
	var errs [2]error
	var settling sync.WaitGroup
	for s := local; s <= remote; s++ {
		if e := x.ends[s]; e.stream() && !x.failed[s] && x.worthSettling(ctx) && !x.settled(s) {
			settling.Go(func() { errs[s] = x.settle(ctx, s) })
		}
	}
	settling.Wait()
	for s := local; s <= remote; s++ {
		if errs[s] != nil && (x.err == nil || x.err == ErrIdle) {
			x.err = errs[s]
		}
		if x.reset[s] {
			resetOnClose(x.ends[s].conn)
		}
	}
}

// worthSettling reports whether closing a side could lose bytes that are on
// their way. A relay that was cancelled does not wait for them.
func (x *referee) worthSettling(ctx context.Context) bool {
	var lost *UndeliveredError
	return ctx.Err() == nil && !errors.As(x.err, &lost)
}

// settled reports whether a side can be closed at once: its peer has nothing
// more to send that would be dropped, and has what was sent to it.
func (x *referee) settled(s side) bool {
	return (x.state.flow[s] == flowEOF || x.reset[s]) && tcpinfo.AllAcked(x.ends[s].bare)
}

// settle makes a side ready to be closed. The half-close of TLS sends bytes of
// its own, close_notify. A peer that has closed altogether refuses them, which
// loses nothing if all else had arrived.
func (x *referee) settle(ctx context.Context, s side) error {
	e := x.ends[s]
	err := lingeringClose(ctx, e.conn, x.policy.ackTimeout(x.err))
	var lost *UndeliveredError
	if errors.As(err, &lost) {
		if x.arrived[s] {
			return nil
		}
		lost.Name, lost.Local = e.Name, s == local
	}
	return err
}

// ackTimeout returns how long to wait for acknowledgements after the relay
// ended with err. Zero means no limit but the system's, which knows a peer that
// is slow from one that has gone.
func (p *Policy) ackTimeout(err error) time.Duration {
	failed := err != nil && err != ErrIdle
	if (p.Linger > 0 || failed) && (p.Idle <= 0 || p.Idle > stallLimit) {
		return stallLimit
	}
	return p.Idle
}

// An ackPoll waits for a peer's system to acknowledge everything that was written
// to c. There is no event for this, so it is asked, ever more seldom.
type ackPoll struct {
	c     net.Conn
	left  int64         // what it had not acknowledged when it was asked last
	pause time.Duration // before it is asked again; zero: it was not asked yet
}

// ask reports whether all is acknowledged, or where that is unknown. It returns an
// *UndeliveredError when it never will be.
func (p *ackPoll) ask() (over bool, err error) {
	// In this order: a connection that ended well is closed as well, once the last
	// of it is acknowledged.
	dead := p.pause > 0 && tcpinfo.IsClosed(p.c)
	left, known := tcpinfo.UnackedBytes(p.c)
	p.left, p.pause = left, min(max(2*p.pause, time.Millisecond), 50*time.Millisecond)
	if known && left > 0 && dead {
		err = &UndeliveredError{Bytes: left, Err: syscall.ECONNRESET}
	}
	return !known || left == 0, err
}

// awaitFlushed returns nil once the peer's system has acknowledged everything
// that was written to c, or quit is set, or where that is unknown; and an
// *UndeliveredError when it never will, or has acknowledged nothing for limit.
// Zero is no limit.
func awaitFlushed(c net.Conn, quit *atomic.Bool, limit time.Duration) error {
	poll := ackPoll{c: c}
	moved := time.Now()
	for was := int64(0); ; was = poll.left {
		over, err := poll.ask()
		switch {
		case over || err != nil || quit.Load():
			return err
		case poll.left < was:
			moved = time.Now()
		case limit > 0 && time.Since(moved) > limit:
			return &UndeliveredError{Bytes: poll.left}
		}
		time.Sleep(poll.pause)
	}
}

// lingeringClose makes c ready to be closed without loss: it reads and drops
// what the peer still sends, so that no reset throws away what was sent to it,
// until that is acknowledged (RFC 9112 section 9.6). limit is awaitFlushed's.
// Where it was too short the kernel goes on delivering after the close.
func lingeringClose(ctx context.Context, c net.Conn, limit time.Duration) error {
	bare := bareConn(c)
	if _, known := tcpinfo.UnackedBytes(bare); !known {
		drain(ctx, c, blindLimit)
		return nil
	}
	var quit atomic.Bool
	flushed := make(chan error, 1)
	c.SetDeadline(time.Time{})
	defer context.AfterFunc(ctx, func() { quit.Store(true); c.SetDeadline(past) })()
	go func() {
		err := awaitFlushed(bare, &quit, limit)
		c.SetReadDeadline(time.Now().Add(time.Millisecond)) // what has come already
		flushed <- err
	}()
	_, err := io.Copy(io.Discard, struct{ io.Reader }{c})
	if reset := err != nil && !interrupted(err); !reset {
		return <-flushed
	}
	quit.Store(true)
	<-flushed
	if left, _ := tcpinfo.UnackedBytes(bare); left > 0 {
		return &UndeliveredError{Bytes: left, Err: err}
	}
	return nil
}

// drain reads and drops until the peer's EOF, limit has passed, or ctx is
// done.
func drain(ctx context.Context, c net.Conn, limit time.Duration) {
	c.SetDeadline(time.Now().Add(limit))
	defer context.AfterFunc(ctx, func() { c.SetDeadline(past) })()
	io.Copy(io.Discard, struct{ io.Reader }{c})
}

// resetOnClose makes the close of c reset the connection, so that its peer
// does not take what it got for all there was. A Unix socket has no reset. A
// TLS connection is closed below TLS, for its close would send close_notify.
func resetOnClose(c net.Conn) {
	bare := bareConn(c)
	if tcp, ok := bare.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	if bare != c {
		bare.Close()
	}
}
