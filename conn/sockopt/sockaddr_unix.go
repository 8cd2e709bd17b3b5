//go:build unix

package sockopt

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"gonc/conn/addr"
)

// Sockaddr returns a in the form that system calls take.
func Sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: addr.ZoneIndex(a.Addr().Zone())}
}
