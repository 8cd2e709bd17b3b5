package testutil

import (
	"net"
	"net/netip"
)

// The loopback addresses.
var (
	Loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	Loopback6 = netip.IPv6Loopback()
)

// HasIPv6 reports whether ::1 can be bound.
func HasIPv6() bool {
	pc, err := net.ListenPacket("udp6", "[::1]:0")
	if err == nil {
		pc.Close()
	}
	return err == nil
}
