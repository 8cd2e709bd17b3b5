package proxyproto

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
)

// AppendV1 appends h to b as a line of text. Where version 1 has no form for
// the addresses (Unix sockets, UDP), it is UNKNOWN.
func (h *Header) AppendV1(b []byte) []byte {
	from, to, transport := h.pair()
	if transport != transportStream {
		return append(b, "PROXY UNKNOWN\r\n"...)
	}
	family := "TCP6"
	if from.Addr().Is4() {
		family = "TCP4"
	}
	// Expanded: netip prints an IPv4-mapped address with a dotted quad in it,
	// which is not among the forms that the specification allows.
	return fmt.Appendf(b, "PROXY %s %s %s %d %d\r\n", family, text(from.Addr()), text(to.Addr()), from.Port(), to.Port())
}

func text(ip netip.Addr) string {
	if ip.Is4In6() {
		return ip.StringExpanded()
	}
	return ip.String()
}

// AppendV2 appends h to b in the binary form. Without addresses it is LOCAL.
func (h *Header) AppendV2(b []byte) []byte {
	b = append(b, signature...)
	from, to, transport := h.pair()
	switch {
	case h.Local:
		return appendLocal(b)
	case transport == 0:
		return h.appendUnix(b)
	}
	family := byte(familyInet6)
	if from.Addr().Is4() {
		family = familyInet
	}
	b = append(b, 0x21, family|transport)
	b = binary.BigEndian.AppendUint16(b, uint16(2*(from.Addr().BitLen()/8+2)))
	b = append(append(b, from.Addr().AsSlice()...), to.Addr().AsSlice()...)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	return binary.BigEndian.AppendUint16(b, to.Port())
}

// appendLocal appends what follows the signature when there is no address to
// tell. Receivers take their own then. PROXY with UNSPEC would say the same,
// but haproxy 2.6 refuses it, and sends LOCAL itself.
func appendLocal(b []byte) []byte { return append(b, 0x20, 0, 0, 0) }

// appendUnix appends what follows the signature for Unix sockets.
func (h *Header) appendUnix(b []byte) []byte {
	from, ok1 := h.Source.(*net.UnixAddr)
	to, ok2 := h.Destination.(*net.UnixAddr)
	if !ok1 || !ok2 || from == nil || to == nil || len(from.Name) > unixPath || len(to.Name) > unixPath {
		return appendLocal(b)
	}
	transport := byte(transportStream)
	if from.Net == "unixgram" {
		transport = transportDatagram
	}
	b = append(b, 0x21, familyUnix|transport, 0, 2*unixPath)
	var paths [2 * unixPath]byte
	copy(paths[:unixPath], from.Name)
	copy(paths[unixPath:], to.Name)
	return append(b, paths[:]...)
}

// pair returns the addresses of h in one family; transport is 0 if they are
// none of IP.
func (h *Header) pair() (from, to netip.AddrPort, transport byte) {
	from, transport = addrPort(h.Source)
	to, other := addrPort(h.Destination)
	if transport == 0 || other != transport || !from.IsValid() || !to.IsValid() {
		return from, to, 0
	}
	if from.Addr().Is4() != to.Addr().Is4() {
		from, to = in6(from), in6(to)
	}
	return from, to, transport
}

func in6(at netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(at.Addr().As16()), at.Port())
}
