package relay

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Pipe moves bytes between local and remote, both ways, until both have ended
// or the policy ends it; see the table in the package comment. It closes what
// they write to by their CloseWrite, and what was opened for them, but not a
// connection. When it returns, nothing reads or writes the Ends any more.
//
// Its error is nil if every byte that was read was written. Otherwise it is,
// in this order: the first failure of a side (a *LocalError, or the remote's
// *net.OpError), an *UndeliveredError, ErrIdle, the cause of ctx.
func Pipe(ctx context.Context, local, remote End, p Policy) (Totals, error) {
	began := time.Now()
	x := &pipe{local: local, remote: remote, policy: p}
	x.out = flow{from: local, to: remote, back: &x.in, way: &x.way, watch: &x.watch}
	x.in = flow{from: remote, to: local, back: &x.out, way: &x.way, watch: &x.watch}
	x.way.tell = p.OneWay
	defer x.way.over()
	defer local.end()
	defer context.AfterFunc(ctx, func() { x.stop(context.Cause(ctx)) })()
	x.watch.start(p.Idle, x.idle)
	defer x.watch.stop()
	defer x.watchReader()()

	var sending sync.WaitGroup
	switch {
	case local.ended:
		x.sent = true
		x.localEOF()
	case local.R != nil:
		sending.Go(x.send)
	}
	if remote.R != nil {
		x.receive()
	}
	sending.Wait()
	remote.end() // while it can still be interrupted

	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true
	if x.linger != nil {
		x.linger.Stop()
	}
	return Totals{
		Sent: x.out.moved.Load(), Received: x.in.moved.Load(),
		Began: began, FirstByte: x.in.first, ended: x.received, lost: x.lost,
	}, x.err
}

type pipe struct {
	local, remote End
	policy        Policy
	out, in       flow
	way           oneWay
	watch         watchdog
	acked         uint64 // of what was sent, when the watchdog last fired

	mu       sync.Mutex
	sent     bool // the outward flow has ended
	received bool // the inward flow has ended, by EOF
	unread   bool // nobody reads what local writes
	lost     bool // not all that was read of local was sent
	over     bool // Pipe is about to return
	err      error
	linger   *time.Timer // nil: not armed
}

// send is the outward direction.
func (x *pipe) send() {
	rerr, werr := x.out.run()
	switch {
	case interrupted(werr):
		x.lose(x.out.stuck)
	case werr != nil:
		x.fail(werr)
		if x.remote.Datagram {
			x.stop(nil) // no EOF would come
		}
	case interrupted(rerr):
		var held *UndeliveredError
		if x.in.quit.Load() && errors.As(rerr, &held) { // stopped, not told to read no more
			x.lose(held.Bytes)
		}
	case rerr != nil:
		x.fail(&LocalError{"read", rerr})
		x.localEOF()
	default:
		x.localEOF()
	}
	if x.local.left != nil {
		x.local.left()
	}
	x.mu.Lock()
	x.sent = true
	received, unread := x.received, x.unread
	x.mu.Unlock()
	switch {
	case received:
		x.remote.stop() // watchRemote
	case unread:
		x.endUnread()
	}
}

// localEOF comes when everything that local had to give has been written.
func (x *pipe) localEOF() {
	p := &x.policy
	if !p.NoHalfClose && x.remote.CloseWrite != nil {
		// A connection that is gone already says so where it is read.
		if err := x.remote.CloseWrite(); err != nil && !errors.Is(err, syscall.ENOTCONN) && !errors.Is(err, net.ErrClosed) {
			x.fail(err)
		}
	}
	if p.Quiet > 0 && (p.Idle <= 0 || p.Quiet <= p.Idle) {
		x.awaitQuiet()
	}
	switch {
	case p.Linger == Flush:
		x.stop(awaitFlushed(x.remote.bare, &x.in.quit, 0))
	case p.Linger > 0:
		x.mu.Lock()
		defer x.mu.Unlock()
		due := time.Now().Add(p.Linger)
		x.linger = time.AfterFunc(p.Linger, func() {
			if time.Since(due) > lateBy {
				time.Sleep(lateBy)
			}
			x.stop(nil)
		})
	}
}

// idle comes when nothing has moved for as long as the policy allows. That a
// slow remote still takes what was sent is seen by what it acknowledges: a
// write that waits returns only when there is room for a good part of it.
func (x *pipe) idle() {
	limit := x.policy.Idle
	n, ago, known := acked(x.remote.bare)
	more := known && n != x.acked
	x.acked = n
	if more && ago < limit {
		x.watch.again(limit-ago, limit, x.idle)
		return
	}
	x.stop(ErrIdle)
}

// awaitQuiet ends it all when the remote has been silent for as long as the
// policy says. It is not silent while what it sent waits to be written; that
// may be idleness.
func (x *pipe) awaitQuiet() {
	quiet, idle := x.policy.Quiet, x.policy.Idle
	var fire func()
	fire = func() {
		wait := quiet
		switch writing := x.in.writing.Load(); {
		case !writing: // but it may have been, a moment ago
			if wait = x.watch.left(quiet); wait <= 0 {
				x.stop(nil)
				return
			}
		case idle > 0:
			if wait = min(quiet, x.watch.left(idle)); wait <= 0 {
				x.stop(ErrIdle)
				return
			}
		}
		x.watch.again(wait, quiet, fire)
	}
	x.watch.start(quiet, fire)
}

// receive is the inward direction.
func (x *pipe) receive() {
	rerr, werr := x.in.run()
	switch {
	case interrupted(werr):
		x.fail(&UndeliveredError{Bytes: x.in.stuck, Local: true, Err: x.cause()})
	case interrupted(rerr):
	case werr != nil:
		x.fail(&LocalError{"write", werr})
		x.stop(nil)
	case rerr != nil:
		x.fail(rerr)
		x.closeLocal()
		x.endSending()
	default:
		x.remoteEOF()
	}
}

// closeLocal ends what local writes, unless nobody is there to be told or the
// exit tells. A pipe that nobody reads is left broken for the exit to meet.
func (x *pipe) closeLocal() {
	x.mu.Lock()
	sent, unread := x.sent, x.unread
	x.mu.Unlock()
	if x.local.CloseWrite == nil || unread || sent && x.exitCloses() {
		return
	}
	if err := x.local.CloseWrite(); err != nil {
		x.fail(&LocalError{"write", err})
	}
}

// exitCloses reports whether nothing remains to be done, now that all is sent,
// but to exit, which closes what local writes to with one call instead of six.
// And whoever reads that, and then waits for the exit, is woken once.
func (x *pipe) exitCloses() bool {
	if !x.local.exitCloses || x.remote.bare == nil {
		return false
	}
	return allAcked(x.remote.bare)
}

// remoteEOF comes when everything that the remote had to give has been
// written.
func (x *pipe) remoteEOF() {
	x.mu.Lock()
	x.received = true
	sent := x.sent
	x.mu.Unlock()
	x.closeLocal()
	switch {
	case sent:
	case x.local.R == nil, x.policy.AtRemoteEOF == Finish:
		x.endSending()
	case x.policy.AtRemoteEOF == FinishIfIdle && x.localIdle():
		x.endSending()
	default:
		x.watchRemote()
	}
}

func (x *pipe) localIdle() bool {
	return !x.out.begun.Load() && x.in.moved.Load() > 0 && !(x.local.ready != nil && x.local.ready())
}

// afterEOF has a remote asked now and then, once it has sent its last byte,
// whether it still listens. Most that have ended have gone as well, and their
// system refuses the probe as soon as it has forgotten the connection, which
// takes Linux a minute (tcp(7), tcp_fin_timeout).
var afterEOF = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 4}

// watchRemote waits, while local keeps sending, for the remote to refuse: a
// reset that meets no write would else go unseen until local gives more.
func (x *pipe) watchRemote() {
	if x.remote.bare == nil {
		return
	}
	if c, ok := x.remote.bare.(*net.TCPConn); ok {
		c.SetKeepAliveConfig(afterEOF)
	}
	err := awaitReset(x.remote.bare)
	if err == nil || interrupted(err) {
		return
	}
	if !x.local.shared || !allAcked(x.remote.bare) {
		x.fail(err)
	}
	x.endSending()
}

// endSending stops reading local. What was read is still written.
func (x *pipe) endSending() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.quitLocal()
}

func (x *pipe) quitLocal() {
	x.out.quit.Store(true)
	if !x.over {
		x.local.stop()
	}
}

// stop ends both directions, with err unless there is an error already. A
// timer may call it when Pipe has returned; then it does nothing.
func (x *pipe) stop(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over {
		return
	}
	x.keep(err)
	x.in.quit.Store(true)
	x.quitLocal()
	x.remote.stop()
}

func (x *pipe) fail(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.keep(err)
}

// lose notes that n bytes that were read of local were not sent.
func (x *pipe) lose(n int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lost = true
	x.keep(&UndeliveredError{Bytes: n, Err: x.err})
}

// keep keeps the first error; bytes lost go before a session merely ended.
func (x *pipe) keep(err error) {
	var lost *UndeliveredError
	if x.err == nil || x.err == ErrIdle && errors.As(err, &lost) {
		x.err = err
	}
}

func (x *pipe) cause() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.err
}

// interrupted reports whether err comes of an End's interrupt.
func interrupted(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
