package conn

import (
	"context"
	"net/netip"
)

// sources are addresses and ports to connect from; of each family the first
// one counts. One without an address is for both families. None at all leaves
// everything to the system.
type sources []netip.AddrPort

// of returns the local address for a connection to ip; the zero AddrPort
// leaves it to the system. ok is false where no source is of ip's family.
func (s sources) of(ip netip.Addr) (from netip.AddrPort, ok bool) {
	for _, own := range s {
		switch a := own.Addr().Unmap(); {
		case !a.IsValid() && own.Port() == 0:
			return from, true
		case !a.IsValid():
			return netip.AddrPortFrom(unspecified(ip), own.Port()), true
		case a.Is4() == ip.Is4():
			return netip.AddrPortFrom(a, own.Port()), true
		}
	}
	return from, len(s) == 0
}

// unspecified is the wildcard of ip's family.
func unspecified(ip netip.Addr) netip.Addr {
	if ip.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// family is the one to name where of found none that fits.
func (s sources) family() string {
	if s[0].Addr().Is4() {
		return "IPv4"
	}
	return "IPv6"
}

// source resolves d.Source.
func (d *Dialer) source(ctx context.Context, network string) (sources, error) {
	proto, _ := family(network)
	port := uint16(0)
	if d.Source.Port != "" {
		var err error
		if port, err = ParsePort(proto, d.Source.Port); err != nil {
			return nil, err
		}
	}
	switch {
	case d.Source.Host == "" && port == 0:
		return nil, nil
	case d.Source.Host == "":
		return sources{netip.AddrPortFrom(netip.Addr{}, port)}, nil
	}
	ips, err := d.lookup(ctx, network, d.Source)
	var s sources
	for _, ip := range ips {
		s = append(s, netip.AddrPortFrom(ip, port))
	}
	return s, err
}
