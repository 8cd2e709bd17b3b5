package path

import (
	"net/netip"
	"slices"
)

// A Place is an address at which a listener may be reached, and by which
// machines.
type Place struct {
	Network
	Firewall *Rule // what this machine's firewall was seen to do to connections to it
}

// Places returns where a listener that is bound to at may be reached from other
// machines: at at, or if that is every address at those of this machine.
// Networks whose addresses mean something on other machines come first. It is
// empty for loopback.
func Places(network string, at netip.AddrPort) (all []Place) {
	ip := at.Addr().Unmap()
	for _, n := range Networks() {
		own := n.Prefix.Addr()
		if own.Is4() != ip.Is4() || !ip.IsUnspecified() && own != ip.WithZone("") {
			continue
		}
		all = append(all, Place{n, incoming(network, netip.AddrPortFrom(own, at.Port()), n.Interface)})
	}
	slices.SortStableFunc(all, func(a, b Place) int { return a.rank() - b.rank() })
	return all
}

func (p *Place) rank() int {
	switch {
	case p.Kind.Closed():
		return 1
	case p.Kind == LinkLocal:
		return 2
	}
	return 0
}
