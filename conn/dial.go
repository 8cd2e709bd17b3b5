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
	"gonc/conn/proxy"
	"gonc/conn/sockopt"
)

// attemptDelay is how long an address may stay silent before the next one is
// tried beside it: the Connection Attempt Delay of RFC 8305 section 5.
const attemptDelay = 250 * time.Millisecond

// A Dialer connects. Its zero value dials TCP over either family without a
// limit of its own on the time. It may be used by several goroutines.
type Dialer struct {
	// Network is "tcp" or "udp", with 4 or 6 behind it for one family only.
	// Empty means "tcp".
	Network string

	// Numeric allows numeric addresses only; a name is a *NumericError.
	Numeric bool

	// Source is the local address to connect from. An empty Host leaves the
	// address to the system, an empty Port the port.
	Source addr.Addr

	// Timeout limits all that Dial does, looking up the name included.
	// Zero means no limit but the system's.
	Timeout time.Duration

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

	// Proxies is a chain of proxies: the first one is connected to, and each
	// is asked to connect to the next, the last one to the address that is
	// dialled. TCP only. Source and Options are about the first one then.
	Proxies []proxy.Proxy

	// OnResolved, if not nil, is told of every host that had to be looked up.
	OnResolved func(host string, ips []netip.Addr, took time.Duration)

	// OnTrying, if not nil, is told of every attempt as it begins. Calls do not
	// overlap with each other or those of OnTried.
	OnTrying func(netip.AddrPort)

	// OnTried, if not nil, is told of every attempt as it ends, but for those
	// that are given up because another one has connected. Calls do not
	// overlap.
	OnTried func(Attempt)
}

// An Attempt is one try to connect to one address.
type Attempt struct {
	Addr netip.AddrPort
	Took time.Duration
	Err  error // nil: connected
}

// A DialError says that none of the addresses of a host could be connected to.
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

// Dial connects to a and returns the bare connection (*net.TCPConn,
// *net.UDPConn), which the caller closes. When a name has several addresses,
// TCP attempts to them race as RFC 8305 says; UDP, where nothing answers,
// takes the first address that the system has a route to.
//
// With Network "unix" or "unixgram" a names a Unix socket by its Path; see
// unix.go. Source.Path is then the path of the client's own datagram socket.
// The *net.UnixConn of "unixgram" comes in a wrapper: its Close also removes
// the file of that socket, which nobody else would.
//
// Errors: *addr.PortError, *NumericError, *FamilyError, *ResolveError, *DialError
// when every address failed, *UnixError, *proxy.Error, and the error of ctx.
// When Timeout runs out it is the one of what was under way.
func (d *Dialer) Dial(ctx context.Context, a addr.Addr) (net.Conn, error) {
	if d.Retry > 0 {
		return d.dialAgain(ctx, a)
	}
	return d.dial(ctx, a)
}

// dial is Dial without Retry.
func (d *Dialer) dial(ctx context.Context, a addr.Addr) (net.Conn, error) {
	network := d.Network
	if network == "" {
		network = "tcp"
	}
	outer := ctx
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	c, err := d.reach(ctx, network, a)
	if err == nil || ended(ctx) == nil {
		return c, err
	}
	if outer := ended(outer); outer != nil {
		return nil, outer
	}
	return nil, d.cutOff(err)
}

// cutOff is err after Timeout ran out. All but a lookup say themselves that it
// was for want of time.
func (d *Dialer) cutOff(err error) error {
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

// ended is the error of ctx. Package net keeps the deadline by a timer of its
// own, which may be ahead of that of ctx.
func ended(ctx context.Context) error {
	if ctx.Err() == nil && deadlinePassed(ctx) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// reach opens a connection, through the proxies if there are any.
func (d *Dialer) reach(ctx context.Context, network string, a addr.Addr) (net.Conn, error) {
	switch {
	case strings.HasPrefix(network, "unix"):
		return d.dialUnix(ctx, network, a.Path)
	case len(d.Proxies) == 0:
		return d.open(ctx, network, a)
	}
	c, err := d.open(ctx, network, d.Proxies[0].Address)
	if err != nil {
		return nil, err
	}
	if err := d.through(ctx, network, c, a); err != nil {
		return nil, err
	}
	return c, nil
}

// open resolves a and connects to one of its addresses.
func (d *Dialer) open(ctx context.Context, network string, a addr.Addr) (net.Conn, error) {
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
	tries := make([]try, 0, len(ips))
	for _, ip := range interleave(ips) {
		from, ok := local.Of(ip)
		if !ok {
			continue
		}
		tries = append(tries, try{d, network, from, netip.AddrPortFrom(ip, port)})
	}
	if len(tries) == 0 {
		return nil, &FamilyError{a.Host, a.Port, local.Family()}
	}
	c, failed := d.first(ctx, proto, tries)
	if c == nil {
		return nil, &DialError{proto, a, failed}
	}
	return c, nil
}

// lookup is resolve with the report, and with the address in its errors.
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

// Resolve returns what a Scanner needs to know of a: the addresses of its host
// in order of preference, and where to connect from, of which each address
// has the one of its family (Scanner.Sources). There may be addresses that no
// source is for, but not such addresses only. Errors are those of Dial.
func (d *Dialer) Resolve(ctx context.Context, a addr.Addr) (ips []netip.Addr, from []netip.AddrPort, err error) {
	if ips, err = d.lookup(ctx, d.Network, a); err != nil {
		return nil, nil, err
	}
	local, err := d.source(ctx, d.Network)
	if err != nil {
		return nil, nil, err
	}
	for _, ip := range ips {
		if _, ok := local.Of(ip); ok {
			return ips, local, nil
		}
	}
	return nil, nil, &FamilyError{a.Host, a.Port, local.Family()}
}

// deadlinePassed reports whether the deadline of ctx is over: the net package keeps it
// by itself, and may be faster than ctx.
func deadlinePassed(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}
