package path

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Complete reports whether routes, neighbours and ICMP errors are among the
// facts on this system.
const Complete = true

func familyOf(ip netip.Addr) byte {
	if ip.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// routeTo asks the kernel for the route to ip (rtnetlink(7), RTM_GETROUTE).
func routeTo(ip netip.Addr, _ []Network) Route {
	body := make([]byte, unix.SizeofRtMsg)
	body[0], body[1] = familyOf(ip), byte(ip.BitLen())
	body = appendAttribute(body, unix.RTA_DST, ip.AsSlice())
	if i, err := net.InterfaceByName(ip.Zone()); err == nil {
		body = appendAttribute(body, unix.RTA_OIF, binary.NativeEndian.AppendUint32(nil, uint32(i.Index)))
	}
	got, err := netlink(unix.NETLINK_ROUTE, unix.RTM_GETROUTE, 0, body)
	switch err {
	case nil:
	case syscall.ENETUNREACH:
		return Route{Kind: NoRoute}
	case syscall.EHOSTUNREACH, syscall.EACCES, syscall.EINVAL: // unreachable, prohibit, blackhole
		return Route{Kind: Blocked}
	default:
		return Route{}
	}
	if len(got) != 1 || got[0].kind != unix.RTM_NEWROUTE || len(got[0].body) < unix.SizeofRtMsg {
		return Route{}
	}
	return parseRoute(got[0].body)
}

func parseRoute(b []byte) (r Route) {
	switch b[7] { // rtm_type
	case unix.RTN_UNICAST:
		r.Kind = Unicast
	case unix.RTN_LOCAL:
		r.Kind = ToSelf
	case unix.RTN_BROADCAST, unix.RTN_ANYCAST, unix.RTN_MULTICAST:
		r.Kind = Multi
	default:
		return Route{Kind: Blocked}
	}
	for kind, v := range attributes(b[unix.SizeofRtMsg:]) {
		switch kind {
		case unix.RTA_PREFSRC:
			r.Source, _ = netip.AddrFromSlice(v)
		case unix.RTA_GATEWAY:
			r.Gateway, _ = netip.AddrFromSlice(v)
		case unix.RTA_VIA: // a gateway of the other family, RFC 5549
			if len(v) > 2 {
				r.Gateway, _ = netip.AddrFromSlice(v[2:])
			}
		case unix.RTA_OIF:
			if len(v) == 4 {
				r.index = int(binary.NativeEndian.Uint32(v))
			}
		}
	}
	if i, err := net.InterfaceByIndex(r.index); err == nil {
		r.Interface = i.Name
	}
	return r
}

// neighbour looks an address up in the kernel's table of the link.
func neighbour(ip netip.Addr, index int) Neighbour {
	n := Neighbour{Addr: ip}
	body := make([]byte, unix.SizeofNdMsg)
	body[0] = familyOf(ip)
	all, err := netlink(unix.NETLINK_ROUTE, unix.RTM_GETNEIGH, unix.NLM_F_DUMP, body)
	if err != nil {
		return n
	}
	for _, m := range all {
		if m.kind != unix.RTM_NEWNEIGH || len(m.body) < unix.SizeofNdMsg {
			continue
		}
		at, _ := netip.AddrFromSlice(attribute(m.body[unix.SizeofNdMsg:], unix.NDA_DST))
		if at != ip || int(binary.NativeEndian.Uint32(m.body[4:])) != index {
			continue
		}
		switch state := binary.NativeEndian.Uint16(m.body[8:]); {
		case state&unix.NUD_FAILED != 0:
			n.State = Mute
		case state&unix.NUD_INCOMPLETE != 0:
			n.State = Asking
		case state&(unix.NUD_REACHABLE|unix.NUD_STALE|unix.NUD_DELAY|unix.NUD_PROBE) != 0:
			n.State = Answers
		}
	}
	return n
}

// twins returns the addresses of the other family that a neighbour is known
// to have, because they have the same link-layer address.
func twins(n Neighbour, to netip.Addr, index int) (all []netip.Addr) {
	if n.State != Answers || n.Addr != to.WithZone("") {
		return nil
	}
	link, err := net.InterfaceByIndex(index)
	if err != nil {
		return nil
	}
	body := make([]byte, unix.SizeofNdMsg)
	table, err := netlink(unix.NETLINK_ROUTE, unix.RTM_GETNEIGH, unix.NLM_F_DUMP, body)
	if err != nil {
		return nil
	}
	var mac []byte
	for range 2 { // once for the hardware address, once for those that have it
		for _, m := range table {
			if m.kind != unix.RTM_NEWNEIGH || len(m.body) < unix.SizeofNdMsg || int(binary.NativeEndian.Uint32(m.body[4:])) != index {
				continue
			}
			b := m.body[unix.SizeofNdMsg:]
			ip, _ := netip.AddrFromSlice(attribute(b, unix.NDA_DST))
			hardware := attribute(b, unix.NDA_LLADDR)
			switch {
			case ip == n.Addr:
				mac = hardware
			case mac != nil && bytes.Equal(mac, hardware) && ip.Is4() != n.Addr.Is4() && !slices.Contains(all, zoned(ip, link.Name)):
				all = append(all, zoned(ip, link.Name))
			}
		}
	}
	return all
}

// zoned adds the interface to a link-local address.
func zoned(ip netip.Addr, name string) netip.Addr {
	if ip.Is6() && ip.IsLinkLocalUnicast() {
		return ip.WithZone(name)
	}
	return ip
}
