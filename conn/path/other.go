//go:build !linux

package path

import (
	"net"
	"net/netip"
)

// Complete reports whether routes, neighbours and ICMP errors are among the
// facts on this system.
const Complete = false

// routeTo asks the system for the source address of a datagram that is not
// sent, and finds the interface that has it.
func routeTo(ip netip.Addr, networks []Network) Route {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 9)))
	if err != nil {
		return Route{Kind: NoRoute}
	}
	defer c.Close()
	from := c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	r := Route{Kind: Unicast, Source: from}
	if ip.IsLoopback() || from == ip {
		r.Kind = ToSelf
	}
	for _, n := range networks {
		if n.Prefix.Addr() == from.WithZone("") {
			r.Interface = n.Interface
		}
	}
	return r
}

func neighbour(ip netip.Addr, _ int) Neighbour { return Neighbour{Addr: ip} }

func listening(string, uint16) []netip.Addr { return nil }

func outgoing(string, netip.AddrPort, Route) *Rule { return nil }

func twins(Neighbour, netip.Addr, int) []netip.Addr { return nil }

func incoming(string, netip.AddrPort, string) *Rule { return nil }
