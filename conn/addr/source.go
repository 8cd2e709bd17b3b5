package addr

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// Sources are addresses and ports to connect from; of each family the first
// one counts. One without an address is for both families. None at all leaves
// everything to the system.
type Sources []netip.AddrPort

// Of returns the local address for a connection to ip; the zero AddrPort
// leaves it to the system. ok is false where no source is of ip's family.
func (s Sources) Of(ip netip.Addr) (from netip.AddrPort, ok bool) {
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

// unspecified returns the wildcard address of ip's family.
func unspecified(ip netip.Addr) netip.Addr {
	if ip.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// Family returns the address family to report when Of finds no match.
func (s Sources) Family() string {
	if s[0].Addr().Is4() {
		return "IPv4"
	}
	return "IPv6"
}

// HasSource reports whether this machine has an address from which it can
// connect to the address to. EADDRNOTAVAIL says that it has none (::1 where IPv6
// is switched off) or that no port of it is free; UDP, which has ports of its
// own and sends nothing to connect, tells them apart.
func HasSource(to netip.AddrPort) bool {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err == nil {
		c.Close()
	}
	const wsaAddrNotAvail = syscall.Errno(10049) // Windows has numbers of its own
	return !errors.Is(err, syscall.EADDRNOTAVAIL) && !errors.Is(err, wsaAddrNotAvail)
}
