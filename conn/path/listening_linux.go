package path

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// Sizes of structures of sock_diag(7).
const (
	diagRequest = 56 // struct inet_diag_req_v2
	diagAnswer  = 72 // struct inet_diag_msg
)

// listening returns the addresses of this machine at which a program listens
// on a port. The kernel is asked for these sockets only: in /proc/net/tcp are
// all connections too, of which a server has very many.
func listening(network string, port uint16) (at []netip.Addr) {
	protocol, states := byte(unix.IPPROTO_TCP), uint32(1)<<unix.BPF_TCP_LISTEN
	if network == "udp" {
		protocol, states = unix.IPPROTO_UDP, 1<<unix.BPF_TCP_CLOSE
	}
	for _, family := range [...]byte{unix.AF_INET, unix.AF_INET6} {
		body := make([]byte, diagRequest)
		body[0], body[1] = family, protocol
		binary.NativeEndian.PutUint32(body[4:], states)
		binary.BigEndian.PutUint16(body[8:], port)
		all, err := netlink(unix.NETLINK_SOCK_DIAG, unix.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP, body)
		if err != nil {
			continue
		}
		for _, m := range all {
			if ip, ok := parseDiag(m.body, port); ok && !slices.Contains(at, ip) {
				at = append(at, ip)
			}
		}
	}
	return at
}

// parseDiag returns the address that a socket is bound to, if its port is that.
func parseDiag(b []byte, port uint16) (ip netip.Addr, ok bool) {
	if len(b) < diagAnswer || binary.BigEndian.Uint16(b[4:]) != port {
		return ip, false
	}
	size := 16
	if b[0] == unix.AF_INET {
		size = 4
	}
	ip, ok = netip.AddrFromSlice(b[8 : 8+size])
	return ip.Unmap(), ok
}
