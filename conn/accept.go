package conn

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gonc/conn/sockopt"
)

// serveOne hands over the first connection and listens no more.
func (l *Listener) serveOne(ctx context.Context, lns []net.Listener, handle func(context.Context, net.Conn) error) error {
	c, err := l.acceptFirst(ctx, lns)
	if err != nil {
		return err
	}
	if l.OnAccept != nil {
		l.OnAccept(c)
	}
	return handle(ctx, c)
}

// untilFirst is ctx, and ends as well when AcceptTimeout is over. Its cause is
// what Serve returns then.
func (l *Listener) untilFirst(ctx context.Context) (context.Context, context.CancelFunc) {
	if l.AcceptTimeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, l.AcceptTimeout, &AcceptTimeoutError{l.AcceptTimeout})
}

// waitEnded is why wait, which untilFirst made of ctx, has ended.
func waitEnded(ctx, wait context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return context.Cause(wait)
}

// acceptFirst accepts on all of lns, closes them at the first connection and
// returns it. A second one that got in by another of them is closed.
func (l *Listener) acceptFirst(ctx context.Context, lns []net.Listener) (net.Conn, error) {
	wait, cancel := l.untilFirst(ctx)
	defer cancel()
	closeAll := sync.OnceFunc(func() { closeEach(lns) })
	defer context.AfterFunc(wait, closeAll)()
	type result struct {
		c   net.Conn
		err error
	}
	results := make(chan result)
	for _, ln := range lns {
		go func() {
			c, err := l.accept(ln)
			results <- result{c, err}
		}()
	}
	first := <-results
	closeAll()
	for range lns[1:] {
		r := <-results
		switch {
		case first.c == nil && r.c != nil:
			first = r
		case r.c != nil:
			r.c.Close()
		}
	}
	if first.c == nil && wait.Err() != nil {
		return nil, waitEnded(ctx, wait)
	}
	return first.c, first.err
}

// accept returns the next connection. When the system has no descriptor or no
// memory for it, it waits and tries again: the connection waits in the
// backlog, and the ones that end make room.
func (l *Listener) accept(ln net.Listener) (net.Conn, error) {
	for pause := time.Duration(0); ; {
		c, err := ln.Accept()
		if err == nil && l.paced {
			sockopt.DisableBBR(c)
		}
		if err == nil || !shortOfResources(err) {
			return c, err
		}
		if pause == 0 && l.OnRetry != nil {
			l.OnRetry(err)
		}
		pause = min(max(2*pause, 5*time.Millisecond), 100*time.Millisecond)
		time.Sleep(pause)
	}
}

func shortOfResources(err error) bool {
	for _, errno := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// serveMany accepts until ctx is done.
func (l *Listener) serveMany(ctx context.Context, lns []net.Listener, handle func(context.Context, net.Conn) error) error {
	closeAll := sync.OnceFunc(func() { closeEach(lns) })
	// Handlers are stopped when nothing listens any more: a client whose
	// connection was closed and which comes back at once must be refused, not
	// be put into a backlog that is about to be reset.
	handling, stopHandlers := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stopHandlers(nil)
	defer context.AfterFunc(ctx, func() {
		closeAll()
		stopHandlers(context.Cause(ctx))
	})()
	late, stop := l.limitWait(closeAll)
	defer stop()
	var handlers, loops sync.WaitGroup
	l.freed = make(chan struct{})
	failed := make(chan error, len(lns))
	for _, ln := range lns {
		loops.Go(func() {
			failed <- l.acceptLoop(handling, ln, handle, &handlers)
			closeAll()
		})
	}
	loops.Wait()
	handlers.Wait()
	return l.manyEnded(<-failed, late)
}

// limitWait calls closeAll if nobody has come within AcceptTimeout; late
// reports whether that has happened.
func (l *Listener) limitWait(closeAll func()) (late, stop func() bool) {
	if l.AcceptTimeout <= 0 {
		no := func() bool { return false }
		return no, no
	}
	var missed atomic.Bool
	l.patience = time.AfterFunc(l.AcceptTimeout, func() { missed.Store(true); closeAll() })
	return missed.Load, l.patience.Stop
}

// manyEnded is what KeepOpen returns once nothing is accepted any more.
func (l *Listener) manyEnded(err error, late func() bool) error {
	switch {
	case late():
		return &AcceptTimeoutError{l.AcceptTimeout}
	case errors.Is(err, net.ErrClosed):
		return nil
	}
	return err
}

func (l *Listener) acceptLoop(ctx context.Context, ln net.Listener, handle func(context.Context, net.Conn) error, handlers *sync.WaitGroup) error {
	for {
		c, err := l.accept(ln)
		if err != nil {
			return err
		}
		if !l.admitSoon() {
			if l.OnRefuse != nil {
				l.OnRefuse(c.RemoteAddr())
			}
			c.Close()
			continue
		}
		handlers.Add(1)
		go (&served{l, ctx, c, handle, handlers}).run()
		if l.active.Load() == 1 {
			// Who has come alone is served before the next is asked for, which
			// costs time and most likely finds nobody. Among others this loop
			// would wait for all of them.
			runtime.Gosched()
		}
	}
}

// admit counts one more connection, if there may be one more.
func (l *Listener) admit() bool {
	if l.active.Add(1) > int64(l.MaxConns) && l.MaxConns > 0 {
		l.active.Add(-1)
		return false
	}
	return true
}

// handOver is how long one connection may take to be over whose client has
// seen its end already, and comes again.
const handOver = 10 * time.Millisecond

// admitSoon is admit, which waits for a connection that is about to end.
func (l *Listener) admitSoon() bool {
	if l.admit() {
		return true
	}
	late := time.NewTimer(handOver)
	defer late.Stop()
	for {
		select {
		case <-l.freed:
			if l.admit() {
				return true
			}
		case <-late.C:
			return l.admit()
		}
	}
}

// A served is one connection of KeepOpen.
type served struct {
	l        *Listener
	ctx      context.Context
	c        net.Conn
	handle   func(context.Context, net.Conn) error
	handlers *sync.WaitGroup
}

// run is the life of the connection. Its frame is below the handler's all that
// time, so it holds but s: a handler that stays within the 2 KiB that a stack
// begins with costs an idle connection a third less memory than one that has
// outgrown them.
func (s *served) run() {
	s.l.begin(s.c)
	s.end(s.handle(s.ctx, s.c))
}

func (s *served) end(err error) {
	s.l.active.Add(-1)
	select {
	case s.l.freed <- struct{}{}:
	default:
	}
	if s.l.OnEnd != nil {
		s.l.OnEnd(s.c.RemoteAddr(), err)
	}
	s.handlers.Done()
}

func (l *Listener) begin(c net.Conn) {
	if l.patience != nil {
		l.patience.Stop()
	}
	if l.OnAccept != nil {
		l.OnAccept(c)
	}
}
