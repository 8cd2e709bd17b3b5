package conn

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
)

// backlog is the number of connections that may wait for accept.
const backlog = 512

// A Listener accepts connections and hands each to a handler. It is
// configuration only; what changes while it runs lives in Serve. Its zero value
// listens for one TCP connection on a port of the system's choice, on every
// interface, IPv4 and IPv6.
//
// A connection is admitted in these steps, each optional, before its handler
// runs: Access, MaxConns, Header, Secure. They are taken in the connection's own
// goroutine and never hold up others. A connection that fails one is closed and
// reported, and never ends a Listener without KeepOpen, which goes on listening
// until one has passed them all.
type Listener struct {
	// Network is "tcp" or "udp", with 4 or 6 behind it for one family only,
	// "unix" or "unixgram". Empty means "tcp".
	Network string

	// Address is where to listen. An empty Host is every interface, a name is
	// every address that it has; an empty Port is "0". For a Unix socket it
	// is a Path, where a dead socket is replaced and no other file, and which
	// is removed at the end.
	Address addr.Addr

	// Sockets, if not empty, are sockets that listen already, to be served in
	// place of Address; see Passed. They have to be of Network, which is without
	// a family. Serve closes them, and leaves the files of Unix sockets.
	Sockets []*os.File

	// Loopback makes an empty Host loopback instead of every interface.
	Loopback bool

	// Numeric allows numeric addresses only; a name is a *NumericError.
	Numeric bool

	// Interface names the interface on which to join the multicast group that
	// Address is. Empty leaves the choice to the system, or to the zone of
	// the address.
	Interface string

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

	// MaxConns is how many connections are served at once; the next one is
	// closed at once. Of datagram sessions the one that has been silent
	// longest makes room instead. Zero means no limit.
	MaxConns int

	// Evict makes room, on Linux and with KeepOpen, at the limit of MaxConns:
	// of the TCP connections whose peer has closed its side, the one that has
	// been silent longest since then is ended by its context, with an
	// *EvictedError. It is for handlers that go on after their peer's EOF.
	Evict bool

	// AcceptTimeout limits the wait for the first connection to be admitted,
	// or for UDP the first datagram. Zero means no limit.
	AcceptTimeout time.Duration

	// Access returns an error for the IP address of a peer that is to be
	// turned away; IPv4-mapped addresses are passed as IPv4. Nil lets every
	// peer in. Peers on Unix sockets are not asked about.
	Access func(remote netip.Addr) error

	// Header, if not nil, reads what precedes the peer's own bytes, such as a
	// PROXY protocol header, and returns the connection without it, whose
	// RemoteAddr may be another one: Access is then about that. Streams only.
	// On an error the Listener closes the connection.
	Header func(ctx context.Context, c net.Conn) (net.Conn, error)

	// Secure, if not nil, makes the TLS handshake and returns the connection
	// to use. Streams only. On an error the Listener closes the connection.
	Secure func(ctx context.Context, c net.Conn) (net.Conn, error)

	// HandshakeTimeout limits Header and Secure together, by their context.
	// Zero means 10 seconds.
	HandshakeTimeout time.Duration

	// OnListen, if not nil, is called with the addresses of all sockets that
	// listen, before anything is accepted.
	OnListen func(at []net.Addr)

	// OnAccept, if not nil, is called for every connection that was admitted
	// before its handler runs, in the connection's own goroutine. It must not
	// keep c.
	OnAccept func(c net.Conn)

	// OnDenied, OnRefused and OnHandshakeFailed, if not nil, are called for
	// connections that Access, MaxConns, and Header or Secure have kept out.
	// When there are many in a second they are summed up; see Rejection.More.
	OnDenied, OnRefused, OnHandshakeFailed func(Rejection)

	// OnRetry, if not nil, is called when accepting or receiving failed because
	// the system has no descriptor or no memory for it. Serve waits until it has.
	// It is called once until accepting has succeeded again.
	OnRetry func(error)

	// OnEnd, if not nil, is called with the handler's error, or an
	// *EvictedError, at the end of every connection of KeepOpen.
	OnEnd func(remote net.Addr, err error)

	// OnDropped, if not nil, is called at the end with the number of
	// datagrams that this host received and dropped because they were not
	// read fast enough, if there were any and the system counts them.
	OnDropped func(datagrams uint64)
}

// An AcceptTimeoutError is the end of a Listener that admitted no connection
// within AcceptTimeout.
type AcceptTimeoutError struct{ Limit time.Duration }

func (e *AcceptTimeoutError) Error() string {
	return fmt.Sprintf("no connection within %v", e.Limit)
}

// A ListenError is a failure to listen on an address.
type ListenError struct {
	Network string // "tcp" or "udp"
	Address addr.Addr
	Err     error // *ResolveError, *NumericError, *FamilyError, or with an *os.SyscallError within, as net reports it
}

func (e *ListenError) Error() string {
	return fmt.Sprintf("listen on %s (%s): %v", e.Address, e.Network, e.Err)
}

func (e *ListenError) Unwrap() error { return e.Err }

// Local reports that the cause is on this machine.
func (e *ListenError) Local() bool { return true }

// Serve listens, admits connections and calls handle for each, in a goroutine
// of its own; handle owns the connection and closes it. The context of handle
// ends when ctx is done and nothing listens any more.
//
// Without KeepOpen Serve stops listening at the first admitted connection and
// returns what handle returns. With it, it returns nil once ctx is done. Either
// way every handler has returned when Serve does. Other errors: *addr.PortError,
// *ListenError, *UnixError, *AcceptTimeoutError, and the error of ctx if no
// connection was admitted.
func (l *Listener) Serve(ctx context.Context, handle func(context.Context, net.Conn) error) error {
	s := newServer(l, handle)
	socks, err := s.listen(ctx)
	if err != nil {
		return err
	}
	return s.run(ctx, socks)
}

// listen opens the sockets and reports their addresses.
func (s *server) listen(ctx context.Context) (socks []socket, err error) {
	var at []net.Addr
	switch proto, _ := addr.Family(s.l.network()); {
	case len(s.l.Sockets) > 0:
		socks, at, err = s.adoptAll()
	case proto == "udp":
		socks, at, err = s.listenUDP(ctx)
	case proto == "unix":
		socks, at, err = s.listenUnix(ctx)
	case proto == "unixgram":
		socks, at, err = s.listenUnixgram(ctx)
	default:
		socks, at, err = bindAll(ctx, s.l, s.listenTCP)
	}
	if err == nil && s.l.OnListen != nil {
		s.l.OnListen(at)
	}
	return socks, err
}

func (l *Listener) network() string {
	if l.Network == "" {
		return "tcp"
	}
	return l.Network
}

func (s *server) listenTCP(ctx context.Context, at netip.AddrPort) (socket, net.Addr, error) {
	lc := net.ListenConfig{KeepAlive: -1, Control: sockopt.Control(s.l.streamOptions(at.Addr()))}
	// Multipath TCP, the default of Go's listeners, would cost zero copy on
	// systems that have it.
	lc.SetMultipathTCP(false)
	ln, err := lc.Listen(ctx, addr.OfFamily(s.l.network(), at.Addr()), at.String())
	if err != nil {
		return nil, nil, err
	}
	if err := sockopt.SetBacklog(ln, backlog); err != nil {
		ln.Close()
		return nil, nil, err
	}
	return &streamSocket{ln, s.l.Congestion == "" && sockopt.UsesBBR(ln)}, ln.Addr(), nil
}

// streamOptions returns the options of a listening socket: the congestion
// control, which accepted connections inherit, DeferAccept, and then l.Options.
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
