package conn

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// Who broadcasts gets an answer, which cannot come from the broadcast address,
// and its later broadcasts are not lost to a socket that was connected to it.
func TestUDPAnswersBroadcast(t *testing.T) {
	for name, keep := range map[string]bool{"one": false, "sessions": true} {
		t.Run(name, func(t *testing.T) {
			port := addr.PortOf(serve(t, &Listener{Network: "udp4", KeepOpen: keep}, echoDatagrams).at[0])
			c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(10 * time.Second))
			to := netip.AddrPortFrom(netip.MustParseAddr("127.255.255.255"), port)
			for _, text := range []string{"first", "second"} {
				if _, err := c.WriteToUDPAddrPort([]byte(text), to); err != nil {
					t.Fatal(err)
				}
				buf := make([]byte, 100)
				n, from, err := c.ReadFromUDPAddrPort(buf)
				if string(buf[:n]) != text || from != netip.AddrPortFrom(testutil.Loopback4, port) || err != nil {
					t.Fatalf("got %q from %v, %v; want %q", buf[:n], from, err, text)
				}
			}
		})
	}
}

// A socket that listens at a multicast address hears nothing else, and shares
// its port with nobody.
func TestUDPListensAtGroupOnly(t *testing.T) {
	for _, group := range []string{"224.0.0.1", "ff02::1%lo"} {
		t.Run(group, func(t *testing.T) {
			if netip.MustParseAddr(group).Is6() && !testutil.HasIPv6() {
				t.Skip("this machine has no IPv6")
			}
			at := make(chan net.Addr, 1)
			l := &Listener{Network: "udp", Address: addr.Addr{Host: group}, OnListen: func(a []net.Addr) { at <- a[0] }}
			serve(t, l, discard)
			bound := (<-at).(*net.UDPAddr)
			if ip := bound.AddrPort().Addr().Unmap(); ip.WithZone("") != netip.MustParseAddr(group).WithZone("") {
				t.Errorf("listens at %v", bound)
			}
			again := &Listener{Network: "udp", Address: addr.Addr{Host: group, Port: portOf(bound)}, AcceptTimeout: time.Second}
			var e *ListenError
			if err := again.Serve(t.Context(), discard); !errors.As(err, &e) || !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("the port is shared: %v", err)
			}
		})
	}
}
