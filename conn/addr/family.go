package addr

import "net/netip"

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
