package conn

import (
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// oobSize is room for the control messages of one datagram.
const oobSize = 64

// enablePktinfo makes a UDP socket that is bound to every address report at which
// of them each datagram arrived (ip(7), IP_PKTINFO; ipv6(7), IPV6_RECVPKTINFO).
// An answer has to come from there: from another address the client, which has
// connected its socket, would not take it.
func enablePktinfo(network string, fd uintptr) error {
	if network == "udp4" {
		return unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_PKTINFO, 1)
	}
	return unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_RECVPKTINFO, 1)
}

// parsePktinfo returns the address that a datagram was sent to and the local
// address to answer from, as control messages report them, or zero Addrs. The
// two differ for a broadcast.
func parsePktinfo(oob []byte) (to, own netip.Addr) {
	for len(oob) > 0 {
		head, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		switch {
		case head.Level == unix.SOL_IP && head.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			return netip.AddrFrom4([4]byte(data[8:12])), netip.AddrFrom4([4]byte(data[4:8])) // ipi_addr, ipi_spec_dst
		case head.Level == unix.SOL_IPV6 && head.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			to = netip.AddrFrom16([16]byte(data[:16])) // ipi6_addr
			return to, to
		}
		oob = rest
	}
	return to, own
}

// pktinfo returns the control message that has a datagram sent from own;
// nil for the zero Addr, and for a multicast or link-local one, which the
// system places better.
func pktinfo(own netip.Addr) []byte {
	switch {
	case !own.IsValid() || own.IsMulticast() || own.IsLinkLocalUnicast():
		return nil
	case own.Is4():
		return unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: own.As4()})
	}
	return unix.PktInfo6(&unix.Inet6Pktinfo{Addr: own.As16()})
}

// defaultSource returns the address that the system would send from to remote,
// without a zone.
func defaultSource(remote netip.AddrPort) netip.Addr {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote))
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap().WithZone("")
}
