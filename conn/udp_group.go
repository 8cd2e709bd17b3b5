package conn

import (
	"context"
	"net"
	"net/netip"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
)

// isGroup reports whether ip stands for many hosts: it is a multicast or a
// broadcast address.
func isGroup(ip netip.Addr) bool {
	if ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return true
	}
	if !ip.Is4() {
		return false
	}
	own, _ := net.InterfaceAddrs()
	for _, o := range own {
		if p, err := netip.ParsePrefix(o.String()); err == nil && p.Contains(ip) && p.Bits() < 31 && ip == lastOf(p) {
			return true
		}
	}
	return false
}

// lastOf returns the last address of an IPv4 network: its broadcast address.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(b)
}

// A groupConn is a UDP socket that sends to a multicast or broadcast address and
// receives from every address: answers come from the hosts' own.
type groupConn struct {
	*net.UDPConn
	d  *Dialer
	to netip.AddrPort
}

// openGroup replaces connected, whose making has shown that t may be sent to, by
// a socket that is not connected.
func (t candidate) openGroup(ctx context.Context, connected *net.UDPConn) (net.Conn, error) {
	connected.Close()
	lc := net.ListenConfig{Control: sockopt.Control(t.d.options("udp", t.from, t.to.Addr()))}
	at := ":0"
	if t.from.IsValid() {
		at = t.from.String()
	}
	pc, err := lc.ListenPacket(ctx, addr.OfFamily(t.network, t.to.Addr()), at)
	if err != nil {
		return nil, err
	}
	return &groupConn{pc.(*net.UDPConn), t.d, t.to}, nil
}

// Read reads one datagram.
func (g *groupConn) Read(b []byte) (int, error) {
	n, _, err := g.ReadFromUDPAddrPort(b)
	return n, err
}

// Write sends one datagram.
func (g *groupConn) Write(b []byte) (int, error) { return g.WriteToUDPAddrPort(b, g.to) }

// RemoteAddr returns the address that is sent to.
func (g *groupConn) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(g.to) }

// Close reports what was dropped and closes the socket.
func (g *groupConn) Close() error {
	g.d.reportDropped(g.UDPConn)
	return g.UDPConn.Close()
}

// NetConn returns the socket.
func (g *groupConn) NetConn() net.Conn { return g.UDPConn }
