package conn

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// defaultHandshakeTimeout limits every handshake that has no other limit: a
// peer that connects and says nothing must not hold a descriptor forever.
const defaultHandshakeTimeout = 10 * time.Second

// maxHandshakes bounds the connections that are in a handshake at once where
// MaxConns does not say it.
const maxHandshakes = 1000

// slotWait is how long to wait for a slot: a client may reconnect before its
// previous connection has been cleaned up.
const slotWait = 10 * time.Millisecond

// An arrival is a connection that was accepted and is not admitted yet.
type arrival struct {
	s *server
	c net.Conn
}

// run admits the connection and serves it, and then those that next returns. It
// is the whole of a goroutine, and its frame stays below the handler's, so it
// holds but a, and calls the handler itself: one that fits into the 2 KiB that a
// stack begins with costs an idle connection a third less memory, and a short
// one a tenth less of the processor, than one for which the stack has to grow.
func (a *arrival) run() {
	for more := true; more; more = a.next() {
		if a.begin() {
			a.end(a.s.handle(a.s.handling, a.c))
		}
	}
	a.s.handlers.Done() // not deferred, which takes 40 bytes of stack
}

// idleMost bounds the number of goroutines that wait for another connection.
const idleMost = 8

// start admits and serves c in a goroutine: one that has served another
// connection and is idle, if there is one, because its stack has grown to what
// that takes. That saves a short forwarded connection a twentieth.
func (s *server) start(c net.Conn) {
	select {
	case s.arrivals <- c:
	default:
		s.handlers.Add(1)
		go (&arrival{s, c}).run()
	}
}

// next waits for another connection. It reports false when the server ends, or
// enough goroutines wait.
func (a *arrival) next() (more bool) {
	s := a.s
	if !s.l.KeepOpen {
		return false
	}
	if a.c = nil; s.idle.Add(1) <= idleMost {
		a.c, more = <-s.arrivals
	}
	s.idle.Add(-1)
	return more
}

// begin admits the connection and reports whether it is to be served.
func (a *arrival) begin() bool {
	a.c = a.s.admit(a.c)
	return a.c != nil && a.s.begin(a.c)
}

func (a *arrival) end(err error) { a.s.end(a.c, err) }

// admit takes a connection through the steps of admission: access, limit, PROXY
// header, TLS handshake. Where there is a PROXY header the access check is
// about the address in it and comes after it. admit returns what to serve, which
// holds a slot, or nil for a connection that was rejected, reported and closed.
func (s *server) admit(c net.Conn) net.Conn {
	if s.l.Header == nil && !s.allow(c.RemoteAddr()) {
		c.Close()
		return nil
	}
	if !s.awaitSlot() {
		s.refused.report(Rejection{Remote: c.RemoteAddr(), Limit: s.l.slots()})
		c.Close()
		return nil
	}
	ready := s.shakeHands(c)
	if ready == nil {
		c.Close()
		s.releaseSlot()
	}
	return ready
}

// allow reports whether Access lets a peer in, and reports one that it does
// not. Peers without an IP address are not its concern.
func (s *server) allow(remote net.Addr) bool {
	if s.l.Access == nil {
		return true
	}
	ip, ok := ipOf(remote)
	if !ok {
		return true
	}
	err := s.l.Access(ip)
	if err != nil {
		s.denied.report(Rejection{Remote: remote, Err: err})
	}
	return err == nil
}

// ipOf returns the IP address of a peer; an IPv4-mapped one counts as IPv4.
func ipOf(a net.Addr) (netip.Addr, bool) {
	type ipAddr interface{ AddrPort() netip.AddrPort }
	if ip, ok := a.(ipAddr); ok {
		addr := ip.AddrPort().Addr().Unmap()
		return addr, addr.IsValid()
	}
	return netip.Addr{}, false
}

// shakeHands reads the PROXY header and makes the TLS handshake, as far as the
// Listener asks for them. It returns nil when one fails or the peer is denied.
func (s *server) shakeHands(c net.Conn) net.Conn {
	if !s.l.handshakes() {
		return c
	}
	limit := s.l.HandshakeTimeout
	if limit <= 0 {
		limit = defaultHandshakeTimeout
	}
	ctx, cancel := context.WithTimeout(s.pending, limit)
	defer cancel()
	remote := c.RemoteAddr()
	var err error
	if s.l.Header != nil {
		if c, err = s.l.Header(ctx, c); err != nil {
			s.handshakeFailed(remote, err)
			return nil
		}
		if remote = c.RemoteAddr(); !s.allow(remote) {
			return nil
		}
	}
	if s.l.Secure != nil {
		if c, err = s.l.Secure(ctx, c); err != nil {
			s.handshakeFailed(remote, err)
			return nil
		}
	}
	return c
}

// handshakeFailed reports a failed handshake, unless it failed because the
// Listener ends.
func (s *server) handshakeFailed(remote net.Addr, err error) {
	if s.pending.Err() == nil {
		s.failed.report(Rejection{Remote: remote, Err: err})
	}
}

// handshakes reports whether peers have to do more than connect.
func (l *Listener) handshakes() bool { return l.Header != nil || l.Secure != nil }

// slots returns how many connections there may be at once; 0 means no limit.
func (l *Listener) slots() int {
	if l.MaxConns == 0 && !l.KeepOpen && l.handshakes() {
		return maxHandshakes
	}
	return l.MaxConns
}

// acquireSlot takes a slot if there is one.
func (s *server) acquireSlot() bool {
	n := s.l.slots()
	if s.active.Add(1) > int64(n) && n > 0 {
		s.active.Add(-1)
		return false
	}
	return true
}

// awaitSlot takes a slot, and waits for one. Where none becomes free a connection
// whose peer has closed its side makes room.
func (s *server) awaitSlot() bool {
	return s.acquireSlot() || s.slotWithin(slotWait) || s.l.Evict && s.evict() && s.slotWithin(evictWait)
}

// slotWithin takes a slot, and waits up to limit for one.
func (s *server) slotWithin(limit time.Duration) bool {
	late := time.NewTimer(limit)
	defer late.Stop()
	for {
		select {
		case <-s.slotFreed:
			if s.acquireSlot() {
				return true
			}
		case <-late.C:
			return s.acquireSlot()
		}
	}
}

// releaseSlot gives a slot back, to a connection that waits for one if there is one.
func (s *server) releaseSlot() {
	s.active.Add(-1)
	select {
	case s.slotFreed <- struct{}{}:
	default:
	}
}
