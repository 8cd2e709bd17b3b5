package conn

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gonc/conn/errno"
	"gonc/conn/sockopt"
)

// What has become of a server's wait for the first connection.
const (
	waiting int32 = iota
	served
	timedOut
)

// A server is a Listener at work: it holds what changes while Serve runs.
type server struct {
	l         *Listener
	handle    func(context.Context, net.Conn) error
	evictable func(context.Context, net.Conn) error // what handleHeld runs; nil: it is not used

	handling context.Context // of handlers
	pending  context.Context // of connections that are not admitted yet
	stop     func()          // stops listening and ends pending

	state       atomic.Int32
	acceptTimer *time.Timer // nil: no limit

	handlers  sync.WaitGroup // goroutines of connections
	arrivals  chan net.Conn  // taken by those that are idle
	idle      atomic.Int64   // how many are
	active    atomic.Int64   // connections that hold a slot
	slotFreed chan struct{}  // receives, if anything waits, when active falls
	holders   holders
	result    error         // of the handler of a one-shot listener
	dropped   atomic.Uint64 // datagrams

	denied, refused, failed reporter
	shortage                reporter
}

// A socket is one that listens. serve hands what arrives to s until the socket
// is closed.
type socket interface {
	serve(s *server) error
	Close() error
}

func newServer(l *Listener, handle func(context.Context, net.Conn) error) *server {
	s := &server{l: l, handle: handle, slotFreed: make(chan struct{}), arrivals: make(chan net.Conn)}
	if l.KeepOpen && l.Evict {
		s.evictable, s.handle = handle, s.handleHeld
	}
	s.denied.tell, s.refused.tell, s.failed.tell = l.OnDenied, l.OnRefused, l.OnHandshakeFailed
	if l.OnRetry != nil {
		s.shortage.tell = func(x Rejection) { l.OnRetry(x.Err) }
	}
	return s
}

// run serves socks until they are closed, and waits for every connection.
func (s *server) run(ctx context.Context, socks []socket) error {
	closeAll := sync.OnceFunc(func() { closeEach(socks) })
	// Handlers are stopped when nothing listens any more: a client whose
	// connection was closed and which comes back at once must be refused, not
	// be put into a backlog that is about to be reset.
	handling, stopHandlers := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stopHandlers(nil)
	pending, stopPending := context.WithCancel(handling)
	defer stopPending()
	s.handling, s.pending = handling, pending
	s.stop = func() { closeAll(); stopPending() }
	defer context.AfterFunc(ctx, func() {
		closeAll()
		stopHandlers(context.Cause(ctx))
	})()
	defer s.limitWait()()
	var loops sync.WaitGroup
	failed := make(chan error, len(socks))
	for _, sock := range socks {
		loops.Go(func() {
			failed <- sock.serve(s)
			closeAll()
		})
	}
	loops.Wait()
	close(s.arrivals)
	s.handlers.Wait()
	s.report()
	return s.outcome(ctx, <-failed)
}

// limitWait ends the server if nothing has been admitted within AcceptTimeout.
// The caller must call the returned function when the server ends.
func (s *server) limitWait() (stop func()) {
	if s.l.AcceptTimeout <= 0 {
		return func() {}
	}
	s.acceptTimer = time.AfterFunc(s.l.AcceptTimeout, func() {
		if s.state.CompareAndSwap(waiting, timedOut) {
			s.stop()
		}
	})
	return func() { s.acceptTimer.Stop() }
}

// report reports what was only counted so far.
func (s *server) report() {
	for _, r := range []*reporter{&s.denied, &s.refused, &s.failed, &s.shortage} {
		r.flush()
	}
	if n := s.dropped.Load(); n > 0 && s.l.OnDropped != nil {
		s.l.OnDropped(n)
	}
}

// outcome returns what Serve returns once nothing is served any more. err is
// the error that ended listening.
func (s *server) outcome(ctx context.Context, err error) error {
	switch {
	case s.state.Load() == timedOut:
		return &AcceptTimeoutError{s.l.AcceptTimeout}
	case !s.l.KeepOpen && s.state.Load() == served:
		return s.result
	case !s.l.KeepOpen && ctx.Err() != nil:
		return ctx.Err()
	case s.l.KeepOpen && errors.Is(err, net.ErrClosed):
		return nil
	}
	return err
}

// arrive reports whether an admitted connection may be served. The first one
// ends the limit on waiting and, without KeepOpen, listening.
func (s *server) arrive() bool {
	if !s.state.CompareAndSwap(waiting, served) {
		return s.l.KeepOpen && s.state.Load() == served
	}
	if s.acceptTimer != nil {
		s.acceptTimer.Stop()
	}
	if !s.l.KeepOpen {
		s.stop()
	}
	return true
}

// begin reports whether an admitted connection, which holds a slot, is to be
// served. One that is not has been closed.
func (s *server) begin(c net.Conn) bool {
	if !s.arrive() {
		c.Close()
		s.releaseSlot()
		return false
	}
	if s.l.OnAccept != nil {
		s.l.OnAccept(c)
	}
	return true
}

// serve runs the handler of an admitted connection, which holds a slot.
func (s *server) serve(c net.Conn) {
	if s.begin(c) {
		s.end(c, s.handle(s.handling, c))
	}
}

// serveOnly serves c, the only connection of the datagram socket that o is
// about, unless the listener has closed that. It returns net.ErrClosed: nothing
// listens any more.
func (s *server) serveOnly(o *owner, c net.Conn) error {
	if o.handOver() {
		s.active.Add(1)
		s.serve(c)
	}
	return net.ErrClosed
}

// handleHeld runs the handler of a connection that may be evicted.
func (s *server) handleHeld(ctx context.Context, c net.Conn) error {
	ctx, release := s.hold(ctx, c)
	defer release()
	err := s.evictable(ctx, c)
	if evicted, ok := context.Cause(ctx).(*EvictedError); ok {
		return evicted
	}
	return err
}

// end releases what belongs to a connection that was served.
func (s *server) end(c net.Conn, err error) {
	s.releaseSlot()
	switch {
	case !s.l.KeepOpen:
		s.result = err
	case s.l.OnEnd != nil:
		s.l.OnEnd(c.RemoteAddr(), err)
	}
}

// A streamSocket is a socket that accepts connections.
type streamSocket struct {
	net.Listener
	usesBBR bool // and no congestion control was asked for
}

// serve accepts connections, and has each admitted in a goroutine of its own.
func (ln *streamSocket) serve(s *server) error {
	for {
		c, err := ln.accept(s)
		if err != nil {
			return err
		}
		if !s.l.KeepOpen && !s.l.handshakes() {
			// Nothing has to be waited for, and the connection after this
			// one is to be refused by the kernel.
			s.handlers.Add(1)
			(&arrival{s, c}).run()
			continue
		}
		s.start(c)
		if s.active.Load() == 0 {
			// Yield to the handler of a lone connection first: another
			// Accept would probably block anyway. Beside other connections
			// this loop would wait for all of them.
			runtime.Gosched()
		}
	}
}

// accept returns the next connection. An error that is about one connection, or
// about resources that will be there again, is waited out: see isMomentary.
func (ln *streamSocket) accept(s *server) (c net.Conn, err error) {
	for wait := (backoff{}); ; s.retrying(&wait, err) {
		c, err = ln.Accept()
		if err == nil && ln.usesBBR {
			sockopt.DisableBBR(c)
		}
		if err == nil || !isMomentary(err) {
			return c, err
		}
	}
}

// retrying waits after an error that passes. It reports a shortage, the first
// time; other errors are about one connection or datagram.
func (s *server) retrying(wait *backoff, err error) {
	if wait.next == 0 && errno.IsShortage(err) {
		s.shortage.report(Rejection{Err: err})
	}
	wait.pause()
}
