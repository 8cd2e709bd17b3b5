package addr

import (
	"net"
	"net/netip"
)

// Reachable returns the addresses of this machine at which a listener bound
// to a can be reached from another machine: a's own, or for every interface
// those of all interfaces. It is empty when only this machine can reach it.
func Reachable(a net.Addr) []netip.Addr {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return nil
	}
	ip := ap.Addr().Unmap()
	switch {
	case ip.IsLoopback():
		return nil
	case !ip.IsUnspecified():
		return []netip.Addr{ip}
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var reach []netip.Addr
	for _, o := range own {
		p, err := netip.ParsePrefix(o.String())
		if err != nil || p.Addr().IsLoopback() || p.Addr().IsLinkLocalUnicast() || p.Addr().Is4() != ip.Is4() {
			continue
		}
		reach = append(reach, p.Addr())
	}
	return reach
}
