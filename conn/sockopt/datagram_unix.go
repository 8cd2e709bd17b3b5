//go:build unix

package sockopt

import (
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// MaxRecvBuffer makes the receive buffer as large as the system allows without
// privileges (net.core.rmem_max, kern.ipc.maxsockbuf). Errors are ignored; a
// burst that does not fit is dropped then, as it would be otherwise.
func MaxRecvBuffer(_ string, fd uintptr) error {
	before, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return nil
	}
	// Linux takes any size and stops at its limit; the others refuse.
	for size := 1 << 30; size > before; size /= 2 {
		if optRecvBuffer.set(fd, size) == nil {
			break
		}
	}
	// Where net.core.rmem_default is above the limit that was a loss.
	if now, _ := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF); now < before {
		optRecvBuffer.set(fd, before/2) // which Linux doubles
	}
	return nil
}

// JoinGroup has a socket receive what is sent to a multicast group (ip(7),
// IP_ADD_MEMBERSHIP; RFC 3493 section 5.2), on the named interface, or on the
// one of the group's zone, or on the system's choice.
func JoinGroup(group netip.Addr, ifname string) Option {
	if ifname == "" {
		ifname = group.Zone()
	}
	return func(_ string, fd uintptr) error {
		err := joinOn(fd, group, ifname)
		if err != nil && ifname == "" {
			// Without a route to the group the system has no choice.
			err = joinAny(fd, group, err)
		}
		if err == nil {
			return nil
		}
		return &Error{Option: "multicast group", Value: group.String(), Err: err}
	}
}

// joinAny joins on the first interface that can, or returns err.
func joinAny(fd uintptr, group netip.Addr, err error) error {
	all, _ := net.Interfaces()
	for _, i := range all {
		if i.Flags&net.FlagUp != 0 && i.Flags&net.FlagMulticast != 0 && joinOn(fd, group, i.Name) == nil {
			return nil
		}
	}
	return err
}

func joinOn(fd uintptr, group netip.Addr, ifname string) error {
	var iface *net.Interface
	if ifname != "" {
		var err error
		if iface, err = net.InterfaceByName(ifname); err != nil {
			return err
		}
	}
	if group.Is4() {
		mreq := &unix.IPMreq{Multiaddr: group.As4(), Interface: ipv4Of(iface)}
		return unix.SetsockoptIPMreq(int(fd), unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, mreq)
	}
	mreq := &unix.IPv6Mreq{Multiaddr: group.As16()}
	if iface != nil {
		mreq.Interface = uint32(iface.Index)
	}
	return unix.SetsockoptIPv6Mreq(int(fd), unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, mreq)
}

// ipv4Of returns the first IPv4 address of an interface, which stands for it;
// 0.0.0.0 when there is none.
func ipv4Of(iface *net.Interface) (ip [4]byte) {
	if iface == nil {
		return ip
	}
	addrs, _ := iface.Addrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
			return p.Addr().As4()
		}
	}
	return ip
}
