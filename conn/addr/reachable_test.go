package addr

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestReachable(t *testing.T) {
	for _, tt := range []struct {
		at   net.Addr
		want []netip.Addr
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, nil},
		{&net.TCPAddr{IP: net.IPv4(127, 9, 9, 9), Port: 1}, nil},
		{&net.UDPAddr{IP: net.IPv6loopback, Port: 1}, nil},
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}, []netip.Addr{netip.MustParseAddr("192.0.2.1")}},
		{&net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0", Port: 1}, []netip.Addr{netip.MustParseAddr("fe80::1%eth0")}},
		{&net.UnixAddr{Name: "/tmp/x", Net: "unix"}, nil},
	} {
		if got := Reachable(tt.at); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", tt.at, got, tt.want)
		}
	}
}

// A wildcard is reached at addresses of its family that others can use.
func TestReachableWildcard(t *testing.T) {
	for _, ip := range []net.IP{net.IPv4zero, net.IPv6zero} {
		for _, got := range Reachable(&net.TCPAddr{IP: ip, Port: 1}) {
			if got.Is4() != (ip.To4() != nil) || got.IsLoopback() || got.IsLinkLocalUnicast() || got.IsUnspecified() {
				t.Errorf("%v: %v", ip, got)
			}
		}
	}
}
