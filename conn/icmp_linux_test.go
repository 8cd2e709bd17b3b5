package conn

import (
	"encoding/binary"
	"net"
	"syscall"
	"testing"
	"time"
)

// unreachable returns an ICMP message (RFC 792) that says with code why a datagram
// from one socket of loopback to another did not arrive.
func unreachable(code byte, from, to *net.UDPAddr) []byte {
	m := make([]byte, 8+20+8)
	m[0], m[1] = 3, code
	ip := m[8:]
	ip[0], ip[3], ip[8], ip[9] = 0x45, 28, 64, syscall.IPPROTO_UDP
	copy(ip[12:], from.IP.To4())
	copy(ip[16:], to.IP.To4())
	udp := ip[20:]
	binary.BigEndian.PutUint16(udp, uint16(from.Port))
	binary.BigEndian.PutUint16(udp[2:], uint16(to.Port))
	udp[5] = 8
	sum := uint32(0)
	for i := 0; i < len(m); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(m[i:]))
	}
	binary.BigEndian.PutUint16(m[2:], ^uint16(sum+sum>>16))
	return m
}

// Whatever ICMP says of an earlier datagram, the peer is heard, and answered.
func TestUDPPeerUnreachable(t *testing.T) {
	raw, err := net.ListenPacket("ip4:icmp", "127.0.0.1")
	if err != nil {
		t.Skipf("needs root: %v", err)
	}
	defer raw.Close()
	uc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer uc.Close()
	c := dialTo(t, "udp", uc.LocalAddr().String())
	c.Write([]byte("first"))
	p := firstPeer(t, uc)
	p.SetDeadline(time.Now().Add(patience))
	buf := make([]byte, 100)
	p.Read(buf)
	// Not 4, that a fragment was needed: the system would believe it of all of
	// loopback for ten minutes.
	for _, code := range []byte{0, 1, 2, 3, 7, 10, 13} {
		for _, call := range []string{"read", "write"} {
			raw.WriteTo(unreachable(code, uc.LocalAddr().(*net.UDPAddr), c.LocalAddr().(*net.UDPAddr)), &net.IPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if call == "write" {
				if _, err := p.Write([]byte("answer")); err != nil {
					t.Errorf("code %d: %v", code, err)
				}
				if n, err := c.Read(buf); string(buf[:n]) != "answer" {
					t.Errorf("code %d: the peer got %q, %v", code, buf[:n], err)
				}
				continue
			}
			c.Write([]byte("still here"))
			if n, err := p.Read(buf); string(buf[:n]) != "still here" {
				t.Errorf("code %d: %q, %v", code, buf[:n], err)
			}
		}
	}
}
