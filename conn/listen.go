package conn

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
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
	Address addr.Addr

	// Numeric allows numeric addresses only; a name is a *NumericError.
	Numeric bool

	// Options are set on every listening socket before it is bound.
	Options []sockopt.Option

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
	freed    chan struct{} // told, if anybody waits, when active falls
	patience *time.Timer   // AcceptTimeout; nil: no limit
}

// An AcceptTimeoutError says that nobody came within AcceptTimeout.
type AcceptTimeoutError struct{ Limit time.Duration }

func (e *AcceptTimeoutError) Error() string {
	return fmt.Sprintf("no connection within %v", e.Limit)
}

// A ListenError says that an address could not be listened on.
type ListenError struct {
	Network string // "tcp" or "udp"
	Address addr.Addr
	Err     error // *ResolveError, *NumericError, *FamilyError, or with an *os.SyscallError within, as net reports it
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
// every handler has returned when Serve does. Other errors: *addr.PortError,
// *ListenError, *UnixError, *AcceptTimeoutError, and the error of ctx while
// nothing was accepted yet.
func (l *Listener) Serve(ctx context.Context, handle func(context.Context, net.Conn) error) error {
	switch proto, _ := addr.Family(l.network()); proto {
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
	lc := net.ListenConfig{KeepAlive: -1, Control: sockopt.Control(l.streamOptions(at.Addr()))}
	// Multipath TCP, the default of Go's listeners, would cost zero copy on
	// systems that have it.
	lc.SetMultipathTCP(false)
	ln, err := lc.Listen(ctx, addr.OfFamily(l.network(), at.Addr()), at.String())
	if err != nil {
		return nil, nil, err
	}
	if l.Congestion == "" {
		l.paced = l.paced || sockopt.UsesBBR(ln)
	}
	if err := sockopt.SetBacklog(ln, backlog); err != nil {
		ln.Close()
		return nil, nil, err
	}
	return ln, ln.Addr(), nil
}

// streamOptions are l's, after the congestion control, which what is accepted
// inherits, and DeferAccept.
func (l *Listener) streamOptions(at netip.Addr) []sockopt.Option {
	var first []sockopt.Option
	switch {
	case l.Congestion != "":
		first = append(first, sockopt.Congestion(l.Congestion))
	case at.IsLoopback():
		first = append(first, sockopt.AvoidBBR)
	}
	if l.DeferAccept {
		first = append(first, sockopt.DeferAccept)
	}
	return append(first, l.Options...)
}

func closeEach[T interface{ Close() error }](all []T) {
	for _, c := range all {
		c.Close()
	}
}
