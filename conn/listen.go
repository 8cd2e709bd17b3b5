package conn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// backlog is how many connections may wait for accept.
const backlog = 512

// A Listener accepts connections and hands each to a handler. Its zero value
// listens for one TCP connection on a port of the system's choice, on every
// interface, IPv4 and IPv6. Serve may be called once.
type Listener struct {
	// Network is "tcp" or "udp", with 4 or 6 behind it for one family only,
	// "unix" or "unixgram". Empty means "tcp".
	Network string

	// Address is where to listen. An empty Host is every interface, a name is
	// every address that it has; an empty Port is "0". For a Unix socket it
	// is a Path, where a dead socket is replaced and no other file, and which
	// is removed at the end.
	Address Address

	// Numeric allows numeric addresses only; a name is a *NumericError.
	Numeric bool

	// Options are set on every listening socket before it is bound.
	Options []Option

	// Congestion names the TCP congestion control of the connections (tcp(7),
	// TCP_CONGESTION). Empty means the system's, but not BBR for a connection
	// within this host, which it would slow down for nothing.
	Congestion string

	// DeferAccept leaves a connection to the kernel until its first bytes have
	// come, for about a second at most, where the system can (tcp(7),
	// TCP_DEFER_ACCEPT): for protocols in which the client speaks first. It
	// spares a connection with one request a third of its cost.
	DeferAccept bool

	// KeepOpen serves many connections at once instead of one.
	KeepOpen bool

	// MaxConns is how many connections KeepOpen serves at once; the next one
	// is closed at once. Zero means no limit.
	MaxConns int

	// AcceptTimeout limits the wait for the first connection, or for UDP the
	// first datagram. Zero means no limit.
	AcceptTimeout time.Duration

	// OnListen, if not nil, is told of the sockets that listen, before
	// anything is accepted.
	OnListen func(at []net.Addr)

	// OnAccept, if not nil, is told of every connection before its handler
	// runs, in the connection's own goroutine. It must not keep c.
	OnAccept func(c net.Conn)

	// OnRefuse, if not nil, is told of every connection that MaxConns closed.
	OnRefuse func(remote net.Addr)

	// OnRetry, if not nil, is told of an accept that failed for want of
	// resources, once until an accept has succeeded again.
	OnRetry func(error)

	// OnEnd, if not nil, is told how every connection of KeepOpen ended.
	OnEnd func(remote net.Addr, err error)

	paced    bool // by BBR, if nobody asked for a congestion control
	active   atomic.Int64
	patience *time.Timer // AcceptTimeout; nil: no limit
}

// An AcceptTimeoutError says that nobody came within AcceptTimeout.
type AcceptTimeoutError struct{ Limit time.Duration }

func (e *AcceptTimeoutError) Error() string {
	return fmt.Sprintf("no connection within %v", e.Limit)
}

// A ListenError says that an address could not be listened on.
type ListenError struct {
	Network string // "tcp" or "udp"
	Address Address
	Err     error // an *os.SyscallError within, as net reports it
}

func (e *ListenError) Error() string {
	return fmt.Sprintf("listen on %s (%s): %v", e.Address, e.Network, e.Err)
}

func (e *ListenError) Unwrap() error { return e.Err }

// Serve listens, and calls handle for every connection that it accepts, each
// in a goroutine of its own; handle owns the connection and closes it.
//
// Without KeepOpen it stops listening at the first connection and returns
// what handle returns. With it, it returns nil once ctx is done. Either way
// every handler has returned when Serve does. Other errors: *PortError,
// *NumericError, *FamilyError, *ResolveError, *ListenError, *UnixError,
// *AcceptTimeoutError, and the error of ctx while nothing was accepted yet.
func (l *Listener) Serve(ctx context.Context, handle func(context.Context, net.Conn) error) error {
	switch proto, _ := family(l.network()); proto {
	case "udp":
		return l.serveDatagrams(ctx, handle)
	case "unixgram":
		return l.serveUnixgram(ctx, handle)
	}
	lns, err := l.listenAll(ctx)
	if err != nil {
		return err
	}
	if l.KeepOpen {
		return l.serveMany(ctx, lns, handle)
	}
	return l.serveOne(ctx, lns, handle)
}

// listenAll listens for streams.
func (l *Listener) listenAll(ctx context.Context) ([]net.Listener, error) {
	if l.network() != "unix" {
		return bindAll(ctx, l, l.listenStream)
	}
	ln, err := l.listenUnix(ctx)
	if err != nil {
		return nil, err
	}
	return []net.Listener{ln}, nil
}

func (l *Listener) network() string {
	if l.Network == "" {
		return "tcp"
	}
	return l.Network
}

func (l *Listener) listenStream(ctx context.Context, at netip.AddrPort) (net.Listener, net.Addr, error) {
	lc := net.ListenConfig{KeepAlive: -1, Control: controlAll(l.streamOptions(at.Addr()))}
	// Multipath TCP, the default of Go's listeners, would cost zero copy on
	// systems that have it.
	lc.SetMultipathTCP(false)
	ln, err := lc.Listen(ctx, ofFamily(l.network(), at.Addr()), at.String())
	if err != nil {
		return nil, nil, err
	}
	if l.Congestion == "" {
		l.paced = l.paced || pacedListener(ln)
	}
	if err := setBacklog(ln, backlog); err != nil {
		ln.Close()
		return nil, nil, err
	}
	return ln, ln.Addr(), nil
}

// streamOptions are l's, after the congestion control, which what is accepted
// inherits, and DeferAccept.
func (l *Listener) streamOptions(at netip.Addr) []Option {
	var first []Option
	switch {
	case l.Congestion != "":
		first = append(first, congestion(l.Congestion))
	case at.IsLoopback():
		first = append(first, unpaced)
	}
	if l.DeferAccept {
		first = append(first, deferAccept)
	}
	return append(first, l.Options...)
}

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
			unpace(c)
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
		if !l.admit() {
			if l.OnRefuse != nil {
				l.OnRefuse(c.RemoteAddr())
			}
			c.Close()
			continue
		}
		handlers.Add(1)
		go (&served{l, ctx, c, handle, handlers}).run()
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

func closeEach[T interface{ Close() error }](all []T) {
	for _, c := range all {
		c.Close()
	}
}

// PortOf returns the port of an address of this package's connections and
// listeners; zero where there is none.
func PortOf(a net.Addr) uint16 {
	_, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(port, 10, 16)
	return uint16(n)
}
