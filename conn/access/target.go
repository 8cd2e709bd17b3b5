package access

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Targets is a set of targets: hosts, ports, and ports of hosts. Its zero
// value is empty.
type Targets struct{ entries []target }

// A target is a pattern of Targets.
type target struct {
	any    bool   // every host
	name   string // a host as a client may name it, in lower case; or empty
	hosts  Hosts
	lo, hi uint16 // the ports
}

// Add adds the targets of a list with commas between them. Each is a host as
// in Hosts.Add or * for every one, and behind a colon a port or a range of
// ports (host:80, [::1]:8000-8999); without a host, :port, every host is meant.
// An error is a *PatternError.
func (t *Targets) Add(ctx context.Context, list string, find Lookup) error {
	for pattern := range strings.SplitSeq(list, ",") {
		if err := t.add(ctx, pattern, find); err != nil {
			return err
		}
	}
	return nil
}

func (t *Targets) add(ctx context.Context, pattern string, find Lookup) error {
	host, ports, hasPorts := cutPorts(pattern)
	e := target{lo: 0, hi: 65535}
	if hasPorts {
		var ok bool
		if e.lo, e.hi, ok = parsePorts(ports); !ok {
			return &PatternError{Text: pattern, Why: "has a port that is not a number from 1 to 65535"}
		}
	}
	switch {
	case host == "*" || host == "" && hasPorts:
		e.any = true
	default:
		if isName(host) {
			e.name = canonical(host)
		}
		if err := e.hosts.add(ctx, host, find); err != nil {
			if p, ok := err.(*PatternError); ok {
				p.Text = pattern
			}
			return err
		}
	}
	t.entries = append(t.entries, e)
	return nil
}

// cutPorts cuts the ports off a pattern. What is an IPv6 address or a network
// of them as a whole has none.
func cutPorts(s string) (host, ports string, found bool) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		host, rest, ok := strings.Cut(inner, "]")
		switch {
		case !ok || !strings.Contains(host, ":"):
			return s, "", false
		case rest == "":
			return host, "", false
		case rest[0] == ':':
			return host, rest[1:], true
		}
		return s, "", false
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.IndexByte(s, ':') != i {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// parsePorts reads a port or a range of ports.
func parsePorts(s string) (lo, hi uint16, ok bool) {
	low, high, isRange := strings.Cut(s, "-")
	if !isRange {
		high = low
	}
	a, err1 := strconv.ParseUint(low, 10, 16)
	b, err2 := strconv.ParseUint(high, 10, 16)
	return uint16(a), uint16(b), err1 == nil && err2 == nil && 0 < a && a <= b
}

// has reports whether the address at of the host that a client calls name (or
// by its address) is in the set.
func (t *Targets) has(name string, at netip.AddrPort) bool {
	name = canonical(name)
	for i := range t.entries {
		e := &t.entries[i]
		if at.Port() < e.lo || at.Port() > e.hi {
			continue
		}
		if e.any || e.name != "" && e.name == name || e.hosts.Has(at.Addr()) {
			return true
		}
	}
	return false
}

// canonical returns a host name in the form in which two of them are compared.
func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// Reach decides where clients may be taken by a server that connects for them.
// Its zero value lets clients on this machine go everywhere, and those on
// other machines everywhere but to this machine and to link-local addresses:
// what listens there may rely on not being reached from elsewhere.
type Reach struct {
	// Allow, if not nil, lists the only targets.
	Allow *Targets

	// Deny, if not nil, lists targets that are refused, also those in Allow.
	Deny *Targets
}

// Forbidden says why a target is refused.
type Forbidden uint8

const (
	ForbiddenDenied     Forbidden = iota // it is in Deny
	ForbiddenNotAllowed                  // it is missing from Allow
	ForbiddenLocal                       // it is local, and the client is on another machine
	ForbiddenItself                      // it is where the server itself listens
)

// A TargetError is a target that a client may not be taken to.
type TargetError struct {
	Host   string         // as the client named it
	Addr   netip.AddrPort // the address of it that was judged; its Addr is not valid for a name that is not resolved here
	Reason Forbidden
}

func (e *TargetError) Error() string {
	at := net.JoinHostPort(e.Host, strconv.Itoa(int(e.Addr.Port())))
	switch e.Reason {
	case ForbiddenDenied:
		return fmt.Sprintf("target %s is denied", at)
	case ForbiddenNotAllowed:
		return fmt.Sprintf("target %s is not allowed", at)
	case ForbiddenItself:
		return fmt.Sprintf("target %s is this listener itself", at)
	}
	return fmt.Sprintf("target %s is local to this machine", at)
}

// Check returns a *TargetError unless a client at client may be taken to the
// address at of host. When a name is resolved elsewhere, by another proxy, at
// has a port only, and what the name stands for can't be judged.
func (r *Reach) Check(client netip.Addr, host string, at netip.AddrPort) error {
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	leads := netip.AddrPortFrom(leadsTo(at.Addr()), at.Port())
	fail := func(why Forbidden) error { return &TargetError{Host: host, Addr: at, Reason: why} }
	switch {
	case r.Deny != nil && (r.Deny.has(host, at) || r.Deny.has(host, leads)):
		return fail(ForbiddenDenied)
	case r.Allow != nil && !r.Allow.has(host, leads):
		return fail(ForbiddenNotAllowed)
	case r.Allow == nil && at.Addr().IsValid() && isPrivate(at.Addr()) && !isOwn(client.Unmap()):
		return fail(ForbiddenLocal)
	}
	return nil
}

// leadsTo returns the address that connect(2) takes ip for: the unspecified one
// is the loopback of its family.
func leadsTo(ip netip.Addr) netip.Addr {
	switch {
	case !ip.IsUnspecified():
		return ip
	case ip.Is4():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}

// IsListener reports whether at is one of the addresses that this program
// listens on: connecting to it would make a loop.
func IsListener(listening []net.Addr, at netip.AddrPort) bool {
	ip := at.Addr().Unmap()
	return slices.ContainsFunc(listening, func(a net.Addr) bool {
		l, ok := a.(interface{ AddrPort() netip.AddrPort })
		if !ok || l.AddrPort().Port() != at.Port() {
			return false
		}
		here := l.AddrPort().Addr().Unmap()
		if here.IsUnspecified() {
			return ip.IsUnspecified() || isOwn(ip)
		}
		return here == ip || ip.IsUnspecified() && here.IsLoopback()
	})
}

// isPrivate reports whether an address belongs to this machine or its links
// alone: loopback, its own, unspecified (which connect(2) takes for loopback),
// link-local, and what is sent to many at once.
func isPrivate(ip netip.Addr) bool {
	return ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) ||
		ip.IsUnspecified() || isOwn(ip)
}

// isOwn reports whether an address is one of this machine. Addresses come and
// go, so the system is asked each time; one that can't be asked is taken to
// have no others than loopback.
func isOwn(ip netip.Addr) bool {
	if !ip.IsValid() {
		return true // a Unix socket's
	}
	if ip.IsLoopback() {
		return true
	}
	own, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(own, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		if !ok {
			return false
		}
		is, _ := netip.AddrFromSlice(n.IP)
		return is.Unmap() == ip.WithZone("")
	})
}
