// Package path finds out what lies between this machine and an address: the
// networks this machine is on, the route, the neighbour, what a connection
// attempt is answered with and by which machine, and what the firewall of this
// machine does. It yields facts and, by one table, the likely cause of a
// failure; it knows no sentences.
//
// Nothing is sent but by Probe, to the address it is given; the system may ask
// the first hop for its link-layer address meanwhile.
//
// Routes, neighbours, ICMP errors and the firewall are read on Linux. Elsewhere
// the facts are those of the standard library, and Complete is false.
package path

import "net/netip"

// A Way is what this machine knows about how to get to an address, without
// having sent anything.
type Way struct {
	To        netip.Addr
	Networks  []Network    // those this machine is on, except loopback
	Own       bool         // To is an address of this machine, or loopback
	On        *Network     // the network of this machine that To is on, if any
	Like      Kind         // the kind of network To has the address of
	Route     Route        // what the system does with packets for To
	Neighbour Neighbour    // To, or the gateway before it
	Firewall  *Rule        // a rule of this machine that keeps connections to To back
	Listening []netip.Addr // if Own: the addresses that have a listener on the port
}

// Look gathers the facts about the way to an address and a port. network is
// "tcp" or "udp".
func Look(network string, to netip.AddrPort) Way {
	ip := to.Addr().Unmap()
	w := Way{To: ip, Networks: Networks(), Like: kindOfAddr(ip), Own: ip.IsLoopback() || ip.IsUnspecified()}
	for i := range w.Networks {
		n := &w.Networks[i]
		w.Own = w.Own || n.Prefix.Addr() == ip.WithZone("")
		if w.On == nil && n.holds(ip) {
			w.On = n
		}
	}
	w.Route = routeTo(ip, w.Networks)
	if w.On != nil && w.On.Kind != LAN && w.On.Kind != Public {
		w.Like = w.On.Kind
	}
	if w.Own {
		w.Listening = listening(network, to.Port())
	} else {
		w.Neighbour = w.hop()
	}
	w.Firewall = outgoing(network, to, w.Route)
	if w.Firewall == nil && w.Own {
		w.Firewall = incoming(network, to, "lo") // Linux sends it through loopback
	}
	return w
}

// Again reads once more what an attempt may have changed: the neighbour.
func (w *Way) Again() {
	if !w.Own {
		w.Neighbour = w.hop()
	}
}

// hop returns the neighbour that packets for w.To are given to.
func (w *Way) hop() Neighbour {
	next := w.Route.Gateway
	if !next.IsValid() {
		next = w.To
	}
	if w.Route.Kind != Unicast {
		return Neighbour{}
	}
	return neighbour(next.WithZone(""), w.Route.index)
}

// Private reports whether To is an address that only networks which know each
// other can reach: RFC 1918, RFC 4193, and RFC 6598 of carriers.
func (w *Way) Private() bool { return private(w.To) }

func private(ip netip.Addr) bool { return ip.IsPrivate() || carrier().Contains(ip) }

// carrier returns the shared address space of RFC 6598.
func carrier() netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10) }

// A RouteKind is what the system does with packets for an address.
type RouteKind uint8

const (
	RouteUnknown RouteKind = iota // the system can't be asked
	NoRoute                       // nothing leads there
	Unicast                       // sent on an interface, maybe to a gateway
	ToSelf                        // delivered on this machine
	Blocked                       // a route that refuses: unreachable, prohibit, blackhole
	Multi                         // broadcast or multicast
)

// A Route is the way of the first packet.
type Route struct {
	Kind      RouteKind
	Interface string
	Source    netip.Addr
	Gateway   netip.Addr // not valid: the address is on the network of Interface
	index     int
}

// A NeighbourState is what is known of a machine on the same link.
type NeighbourState uint8

const (
	NeighbourUnknown NeighbourState = iota // never asked, or the system can't say
	Asking                                 // asked for its link-layer address, no answer yet
	Mute                                   // asked, and it did not answer
	Answers                                // it answered ARP (RFC 826) or ND (RFC 4861)
)

// A Neighbour is the machine that packets are given to on the link.
type Neighbour struct {
	Addr  netip.Addr
	State NeighbourState
}
