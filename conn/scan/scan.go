// Package scan finds out which ports of a host are open.
package scan

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"time"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
)

// A Scanner finds out which ports of a host are open. Its zero value scans
// TCP ports, up to 512 at once, and gives each 5 seconds. What it finds does
// not depend on how many it tries at once: when descriptors, buffers or
// source ports run short it waits and tries fewer.
//
// An open TCP port is connected to and closed again at once, with a FIN: a
// reset would spare this side a TIME_WAIT, but the server would take it for a
// failure. A UDP port is sent empty datagrams: they have no byte that could
// be mistaken for data, and services that answer any datagram answer them.
type Scanner struct {
	// Network is "tcp", "tcp4", "tcp6", "udp", "udp4" or "udp6"; empty means
	// "tcp".
	Network string

	// Sources are the addresses and ports to scan from: an address of the
	// host is scanned from the first one of its family, and one without an
	// address (netip.Addr{}) is for both. An unspecified address, port 0 and
	// no Sources at all leave the choice to the system.
	Sources []netip.AddrPort

	// Options are set on each socket before it is bound.
	Options []sockopt.Option

	// Parallel is how many ports may be tried at once; 0 means 512.
	Parallel int

	// Interval, if it is more than 0, is the pause between one port and the
	// next, which are then tried one at a time.
	Interval time.Duration

	// Timeout bounds the wait for the answer of one port; 0 means 5 seconds
	// for TCP and 1 second for UDP. When the host has several addresses, TCP
	// divides it among those that are left to try.
	Timeout time.Duration

	// Secure, if not nil, makes the TLS handshake on a connection to a TCP
	// port, which is open only if that succeeds. Timeout limits it too, by the
	// context.
	Secure func(ctx context.Context, c net.Conn, to netip.AddrPort) error

	// Retry, if it is more than 0, is how long ports that are not open are
	// tried again. Each is reported once, when it is open or the time is over.
	Retry time.Duration

	// OnRetry, if not nil, is called with how many ports are to be tried again
	// when that begins.
	OnRetry func(ports int)

	// engine replaces the system's way of scanning; for tests.
	engine func(context.Context, *sweep, *queue) error
}

// A State is the state of a port.
type State string

const (
	// Open: something took the connection, or answered the datagram.
	Open State = "open"

	// Closed: the host says that nothing listens there.
	Closed State = "closed"

	// Filtered: no answer came in time, or the network has no way there.
	Filtered State = "filtered"

	// Silent: UDP only; no answer came, and a service that had nothing
	// to say is as silent as a firewall.
	Silent State = "open|filtered"
)

// A Result says how one address of the host answered for one port.
type Result struct {
	Address netip.Addr
	Port    uint16
	State   State

	// Last is false when the port is tried at the host's next address too.
	// The State of the last result is that of the port.
	Last bool

	// RTT is how long the answer took, or how long none came.
	RTT time.Duration

	// Err is the reason why the port is not open, bare: a syscall.Errno or
	// os.ErrDeadlineExceeded. It is nil with Open and Silent.
	Err error
}

// Scan tries each of ports at addrs, the addresses of one host with the
// preferred one first; the next address is tried when the one before is not
// open (nor, for UDP, silent). It calls report for each result in the order of
// ports, from the goroutine that called Scan, as soon as all results before it
// are known.
//
// Addresses that Network or Sources rule out are left out; if none is left,
// and when a socket cannot be made as asked for (an option, the source), Scan
// returns an error and nothing is to be said of any port. It also returns an
// error when what it needs of the system stays short for over a minute, and
// ctx.Err() as soon as ctx is done. When it returns, all it opened is closed.
func (s *Scanner) Scan(ctx context.Context, addrs []netip.Addr, ports []uint16, report func(Result)) error {
	if s.Retry > 0 {
		return s.scanAgain(ctx, addrs, ports, report)
	}
	return s.scanOnce(ctx, addrs, ports, report)
}

// scanOnce scans like Scan, without Retry.
func (s *Scanner) scanOnce(ctx context.Context, addrs []netip.Addr, ports []uint16, report func(Result)) error {
	w, err := s.newSweep(addrs)
	if err != nil {
		return err
	}
	if s.Interval <= 0 {
		return w.engine(ctx, w, newQueue(w, ports, report))
	}
	for i := range ports {
		if i > 0 {
			if err := pause(ctx, s.Interval); err != nil {
				return err
			}
		}
		if err := w.engine(ctx, w, newQueue(w, ports[i:i+1], report)); err != nil {
			return err
		}
	}
	return nil
}

// A sweep is a Scanner with its defaults filled in, for one host.
type sweep struct {
	network  string // "tcp" or "udp"
	targets  []netip.Addr
	sources  addr.Sources
	options  []sockopt.Option
	parallel int
	timeout  time.Duration
	secure   func(context.Context, net.Conn, netip.AddrPort) error
	engine   func(context.Context, *sweep, *queue) error
}

func (s *Scanner) newSweep(addrs []netip.Addr) (*sweep, error) {
	w := &sweep{network: "tcp", sources: s.Sources, options: s.Options, parallel: s.Parallel, timeout: s.Timeout, secure: s.Secure, engine: sweepTCP}
	if s.Secure != nil {
		w.engine = sweepDialed
	}
	patience := 5 * time.Second
	if strings.HasPrefix(s.Network, "udp") {
		w.network, w.engine, patience = "udp", sweepUDP, time.Second
	}
	if s.engine != nil {
		w.engine = s.engine
	}
	if w.parallel <= 0 {
		w.parallel = 512
	}
	if w.timeout <= 0 {
		w.timeout = patience
	}
	for _, a := range addrs {
		if a = a.Unmap(); s.allows(a) {
			w.targets = append(w.targets, a)
		}
	}
	if len(w.targets) == 0 {
		return nil, &net.AddrError{Err: "no address of the family that was asked for"}
	}
	return w, nil
}

// allows reports whether a is of the family of Network and of one of Sources.
func (s *Scanner) allows(a netip.Addr) bool {
	_, version := addr.Family(s.Network)
	_, ok := addr.Sources(s.Sources).Of(a)
	return ok && a.IsValid() && (version == 0 || a.Is4() == (version == 4))
}

// pause returns nil after d, or ctx.Err() as soon as ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
