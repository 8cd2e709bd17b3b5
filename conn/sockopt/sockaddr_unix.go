//go:build unix

package sockopt

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"gonc/conn/addr"
)

// Sockaddr returns a in the form that system calls take.
func Sockaddr(a netip.AddrPort) unix.Sockaddr {
	return ZonedSockaddr(a, addr.ZoneIndex(a.Addr().Zone()))
}

// ZonedSockaddr returns the Sockaddr of a with the index of the zone's interface, which takes
// time to find.
func ZonedSockaddr(a netip.AddrPort, zone uint32) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: zone}
}
