package conn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"gonc/conn/addr"
	"gonc/conn/deadline"
	"gonc/conn/proxy"
	"gonc/conn/sockopt"
)

// attemptDelay is the time for which an address may stay silent before the next is
// tried beside it: the Connection Attempt Delay of RFC 8305 section 5.
const attemptDelay = 250 * time.Millisecond

// A Dialer connects. Its zero value dials TCP over either family without a
// limit of its own on the time. It may be used by several goroutines.
type Dialer struct {
	// Network is "tcp" or "udp", with 4 or 6 behind it for one family only,
	// "unix" or "unixgram". Empty means "tcp".
	Network string

	// Numeric allows numeric addresses only; a name is a *NumericError.
	Numeric bool

	// Source is the local address to connect from. An empty Host leaves the
	// address to the system, an empty Port the port. Source.Path is the path
	// of the client's own socket with Network "unixgram".
	Source addr.Addr

	// Timeout limits all that Dial does, from looking up the name to Secure.
	// Zero means no limit but the system's on connecting, 30 seconds for
	// proxies and 10 seconds for Header and Secure.
	Timeout time.Duration

	// Deadlines, if not nil, keeps Timeout for many calls of Dial.
	Deadlines *deadline.Queue

	// Retry, if it is more than 0, is how long to try again while the host
	// refuses, does not answer or cannot be resolved. Timeout is then about
	// each try, and 5 s unless it is set.
	Retry time.Duration

	// OnRetry, if not nil, is called with the error of the first try when it
	// will be tried again.
	OnRetry func(error)

	// Options are set on every socket before it is bound and connected.
	Options []sockopt.Option

	// Congestion names the TCP congestion control of the connections (tcp(7),
	// TCP_CONGESTION). Empty means the system's, but not BBR for a connection
	// within this host, which it would slow down for nothing.
	Congestion string

	// SendOnly gives a client of Unix datagrams no socket name of its own,
	// unless Source has one: it expects no answer.
	SendOnly bool

	// Proxies is a chain of proxies: the first one is connected to, and each
	// is asked to connect to the next, the last one to the address that is
	// dialled. TCP only. Source and Options are about the first one then.
	Proxies []proxy.Proxy

	// Permit, if not nil, returns an error for an address that must not be
	// connected to, which is then that of an attempt. It is asked about each
	// address of a name before the attempt, so that what was judged is what is
	// connected to. With Proxies it is asked about the first one's.
	Permit func(netip.AddrPort) error

	// Header, if not nil, sends what precedes all other bytes of the
	// connection to the target, such as a PROXY protocol header. Streams only.
	Header func(ctx context.Context, c net.Conn) error

	// Secure, if not nil, makes the TLS handshake with a, the address that is
	// dialled, and returns the connection to use. It is the last step of Dial,
	// for streams only. On an error Dial closes the connection.
	Secure func(ctx context.Context, c net.Conn, a addr.Addr) (net.Conn, error)

	// OnResolved, if not nil, is called for every host that had to be looked
	// up.
	OnResolved func(host string, ips []netip.Addr, took time.Duration)

	// OnTrying, if not nil, is called as an attempt to connect begins.
	// Calls of it and of OnTried do not overlap.
	OnTrying func(netip.AddrPort)

	// OnTried, if not nil, is called for every attempt as it ends, but for
	// those that are given up because another one has connected.
	OnTried func(Attempt)

	// OnRefusal, if not nil, is called once when the host of a UDP connection
	// refuses datagrams and there is no other address to send them to.
	OnRefusal func(remote net.Addr, err error)

	// OnDropped, if not nil, is called when a UDP connection is closed, with
	// the number of datagrams that this host received for it and dropped
	// because they were not read fast enough, if there were any and the system
	// counts them.
	OnDropped func(datagrams uint64)
}

// An Attempt is one try to connect to one address.
type Attempt struct {
	Addr netip.AddrPort
	Took time.Duration
	Err  error // nil: connected
}

// A DialError is a failure to connect to any of the addresses of a host.
type DialError struct {
	Network string // "tcp" or "udp"
	Address addr.Addr
	Tried   []Attempt // in the order they ended in; never empty
}

func (e *DialError) Error() string {
	last := e.Tried[len(e.Tried)-1]
	return fmt.Sprintf("connect to %s port %s (%s): %v", e.Address.Host, e.Address.Port, e.Network, last.Err)
}

// Unwrap returns the error of every attempt.
func (e *DialError) Unwrap() []error {
	errs := make([]error, len(e.Tried))
	for i, t := range e.Tried {
		errs[i] = t.Err
	}
	return errs
}

// A HandshakeError is a failure of Header or Secure.
type HandshakeError struct {
	Address addr.Addr     // that was dialled
	Limit   time.Duration // that has passed; 0: another cause
	Err     error
}

func (e *HandshakeError) Error() string {
	if e.Limit > 0 {
		return fmt.Sprintf("handshake with %s: no answer within %v", e.Address, e.Limit)
	}
	return fmt.Sprintf("handshake with %s: %v", e.Address, e.Err)
}

// Unwrap returns the cause.
func (e *HandshakeError) Unwrap() error { return e.Err }

// Dial connects to a and returns the connection, which the caller closes. When
// a name has several addresses, TCP attempts to them race as RFC 8305 says.
//
// UDP takes the first address that the system has a route to; while that host
// refuses what is sent and nothing has been received, the datagrams are sent
// again to the next address. To a broadcast or multicast address the socket is
// not connected, so that answers from every address are received. Refusal
// tells whether a UDP connection was refused to its end.
//
// With Network "unix" or "unixgram" a names a Unix socket by its Path.
//
// The result is a *net.TCPConn or a *net.UnixConn where no step has to wrap it;
// otherwise it has a method NetConn() net.Conn that returns what is below.
//
// Errors: *addr.PortError, *NumericError, *FamilyError, *ResolveError,
// *DialError when every address failed, *UnixError, *proxy.Error (also around
// an error of connecting to the first proxy), *HandshakeError, and the error of
// ctx. When Timeout passes, the error is that of the step under way.
func (d *Dialer) Dial(ctx context.Context, a addr.Addr) (net.Conn, error) {
	if d.Retry > 0 {
		return d.dialAgain(ctx, a)
	}
	return d.dial(ctx, a)
}

// dial connects like Dial, once.
func (d *Dialer) dial(ctx context.Context, a addr.Addr) (net.Conn, error) {
	outer := ctx
	ctx, cancel := d.limit(ctx)
	defer cancel()
	c, err := d.connect(ctx, d.network(), a)
	if err == nil {
		c, err = d.shakeHands(ctx, c, a)
	}
	return c, d.limitError(outer, ctx, err)
}

func (d *Dialer) network() string {
	if d.Network == "" {
		return "tcp"
	}
	return d.Network
}

// limit returns ctx with Timeout.
func (d *Dialer) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	switch {
	case d.Timeout <= 0:
		return ctx, func() {}
	case d.Deadlines != nil:
		return d.Deadlines.WithTimeout(ctx, d.Timeout)
	}
	return context.WithTimeout(ctx, d.Timeout)
}

// limitError returns the error to report for err, which ended what ran under
// limited, made of outer by limit.
func (d *Dialer) limitError(outer, limited context.Context, err error) error {
	switch {
	case err == nil || ended(limited) == nil:
		return err
	case ended(outer) != nil:
		return ended(outer)
	}
	return d.timeoutError(err)
}

// timeoutError adds d.Timeout to a lookup error; other errors already report the
// timeout.
func (d *Dialer) timeoutError(err error) error {
	var name *ResolveError
	var bare *net.DNSError // of what a proxy was to be given
	switch {
	case !errors.As(err, &bare) || !bare.IsTimeout:
		return err
	case !errors.As(err, &name):
		name = &ResolveError{Address: addr.Addr{Host: bare.Name}, Err: bare}
	}
	name.Limit = d.Timeout
	return name
}

// ended returns the error of ctx. Package net keeps the deadline by a timer of
// its own, which may be ahead of that of ctx.
func ended(ctx context.Context) error {
	if ctx.Err() == nil && deadlinePassed(ctx) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// connect opens a connection, through the proxies if there are any.
func (d *Dialer) connect(ctx context.Context, network string, a addr.Addr) (net.Conn, error) {
	switch {
	case strings.HasPrefix(network, "unix"):
		return d.dialUnix(ctx, network, a.Path)
	case len(d.Proxies) == 0:
		return d.dialDirect(ctx, network, a)
	}
	return d.connectThrough(ctx, network, a)
}

// isStream reports whether the connections of network are streams.
func isStream(network string) bool { return network == "unix" || strings.HasPrefix(network, "tcp") }

// shakeHands runs Header and Secure on a new connection. On an error it closes
// the connection.
func (d *Dialer) shakeHands(ctx context.Context, c net.Conn, a addr.Addr) (net.Conn, error) {
	if d.Header == nil && d.Secure == nil || !isStream(d.network()) {
		return c, nil
	}
	limit := d.Timeout
	if limit <= 0 {
		limit = defaultHandshakeTimeout
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	secured, err := c, error(nil)
	if d.Header != nil {
		err = d.Header(ctx, c)
	}
	if err == nil && d.Secure != nil {
		secured, err = d.Secure(ctx, c, a)
	}
	if err == nil {
		return secured, nil
	}
	c.Close()
	e := &HandshakeError{Address: a, Err: err}
	if errors.Is(ended(ctx), context.DeadlineExceeded) {
		e.Limit = limit
	}
	return nil, e
}

// dialDirect resolves a and connects to one of its addresses.
func (d *Dialer) dialDirect(ctx context.Context, network string, a addr.Addr) (net.Conn, error) {
	proto, _ := addr.Family(network)
	port, err := addr.ParsePort(proto, a.Port)
	if err != nil {
		return nil, err
	}
	if port == 0 {
		return nil, &addr.PortError{Text: a.Port, Why: "invalid"}
	}
	ips, err := d.lookup(ctx, network, a)
	if err != nil {
		return nil, err
	}
	local, err := d.source(ctx, network)
	if err != nil {
		return nil, err
	}
	tries := make([]candidate, 0, len(ips))
	for _, ip := range interleave(ips) {
		from, ok := local.Of(ip)
		if !ok {
			continue
		}
		tries = append(tries, candidate{d, network, from, netip.AddrPortFrom(ip, port)})
	}
	if len(tries) == 0 {
		return nil, &FamilyError{a.Host, a.Port, local.Family()}
	}
	dial := dialTCP
	if proto == "udp" {
		dial = dialUDP
	}
	c, failed := dial(ctx, tries)
	if c == nil {
		return nil, &DialError{proto, a, failed}
	}
	return c, nil
}

// lookup resolves the host of a, reports it, and puts a into its errors.
func (d *Dialer) lookup(ctx context.Context, network string, a addr.Addr) ([]netip.Addr, error) {
	begin := time.Now()
	ips, err := resolve(ctx, network, a.Host, d.Numeric)
	switch e := err.(type) {
	case *net.DNSError:
		return nil, &ResolveError{Address: a, Err: e}
	case *NumericError:
		e.Port = a.Port
	case *FamilyError:
		e.Port = a.Port
	}
	if err == nil && d.OnResolved != nil && !isNumeric(a.Host) {
		d.OnResolved(a.Host, ips, time.Since(begin))
	}
	return ips, err
}

// Resolve returns what a scan.Scanner needs to know of a: the addresses of its
// host in order of preference, and the addresses to connect from, of which each
// address has the one of its family (Scanner.Sources). At least one of the
// addresses has a source. Timeout limits it; errors are those of Dial.
func (d *Dialer) Resolve(ctx context.Context, a addr.Addr) (ips []netip.Addr, from []netip.AddrPort, err error) {
	if d.Retry <= 0 {
		return d.resolve(ctx, a)
	}
	err = d.again(ctx, func(ctx context.Context, once *Dialer) (err error) {
		ips, from, err = once.resolve(ctx, a)
		return err
	})
	return ips, from, err
}

// resolve looks up a like Resolve, once.
func (d *Dialer) resolve(ctx context.Context, a addr.Addr) (ips []netip.Addr, from []netip.AddrPort, err error) {
	outer := ctx
	ctx, cancel := d.limit(ctx)
	defer cancel()
	ips, from, err = d.resolveBoth(ctx, a)
	return ips, from, d.limitError(outer, ctx, err)
}

func (d *Dialer) resolveBoth(ctx context.Context, a addr.Addr) (ips []netip.Addr, from addr.Sources, err error) {
	if ips, err = d.lookup(ctx, d.Network, a); err != nil {
		return nil, nil, err
	}
	if from, err = d.source(ctx, d.Network); err != nil {
		return nil, nil, err
	}
	for _, ip := range ips {
		if _, ok := from.Of(ip); ok {
			return ips, from, nil
		}
	}
	return nil, nil, &FamilyError{a.Host, a.Port, from.Family()}
}

// deadlinePassed reports whether the deadline of ctx is over.
func deadlinePassed(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}
