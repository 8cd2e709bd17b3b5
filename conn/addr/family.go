package addr

import (
	"net"
	"net/netip"
	"strconv"
)

// Family splits the digit off a network: "tcp4" gives "tcp" and 4, "udp" 0.
func Family(network string) (proto string, version int) {
	if n := len(network) - 1; n > 0 && (network[n] == '4' || network[n] == '6') {
		return network[:n], int(network[n] - '0')
	}
	return network, 0
}

// OfFamily returns network with the family of ip: ("tcp", ::1) is "tcp6".
func OfFamily(network string, ip netip.Addr) string {
	proto, _ := Family(network)
	if ip.Is4() {
		return proto + "4"
	}
	return proto + "6"
}

// ZoneIndex returns the index of an interface that is named by name or by
// number; zero when there is none.
func ZoneIndex(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifi.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}
