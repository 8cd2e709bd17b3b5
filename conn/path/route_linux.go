package path

import (
	"encoding/binary"
	"net"
	"net/netip"
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
