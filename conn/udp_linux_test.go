package conn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
	"gonc/internal/testutil"
)

// A broadcaster gets an answer, which cannot come from the broadcast address,
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
			c.SetDeadline(time.Now().Add(patience))
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
// its port with no other socket.
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

// A listener at a multicast address has joined the group, on the interface that
// is asked for.
func TestUDPJoinsGroup(t *testing.T) {
	for _, keep := range []bool{false, true} {
		s := serve(t, &Listener{Network: "udp4", Address: addr.Addr{Host: "239.1.2.3"}, Interface: "lo", KeepOpen: keep}, echoDatagrams)
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		rc, err := c.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		rc.Control(func(fd uintptr) {
			err = unix.SetsockoptInet4Addr(int(fd), unix.SOL_IP, unix.IP_MULTICAST_IF, [4]byte{127, 0, 0, 1})
		})
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(testutil.Timeout))
		c.WriteToUDP([]byte("hello"), &net.UDPAddr{IP: net.IPv4(239, 1, 2, 3), Port: int(addr.PortOf(s.at[0]))})
		buf := make([]byte, 10)
		if n, _, err := c.ReadFromUDP(buf); string(buf[:n]) != "hello" || err != nil {
			t.Errorf("keep open %v: %q, %v", keep, buf[:n], err)
		}
	}
}

// Datagrams that do not fit into the buffer are counted.
func TestUDPDropped(t *testing.T) {
	const many = 20000
	dropped, got := make(chan uint64, 1), 0
	full := make(chan bool)
	s := serve(t, &Listener{
		Network: "udp4", Address: addr.Addr{Host: "127.0.0.1"},
		OnDropped: func(n uint64) { dropped <- n },
	}, func(ctx context.Context, c net.Conn) error {
		defer c.Close()
		<-full
		buf := make([]byte, 100)
		for {
			c.SetReadDeadline(time.Now().Add(3 * time.Second))
			if _, err := c.Read(buf); err != nil {
				return nil
			}
			got++
		}
	})
	c := dialTo(t, "udp", s.addr("127.0.0.1"))
	for range many {
		if _, err := c.Write(make([]byte, 50)); err != nil {
			t.Fatal(err)
		}
	}
	close(full)
	if err := await(t, s.ended); err != nil {
		t.Fatal(err)
	}
	n := await(t, dropped)
	if n == 0 || got+int(n) != many {
		t.Errorf("%d received and %d dropped of %d", got, n, many)
	}
}

// The receive buffer is as large as the system allows.
func TestMaxRecvBuffer(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/core/rmem_max")
	if err != nil {
		t.Skip(err)
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	uc, err := (&Listener{Network: "udp4"}).bindUDP(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer uc.Close()
	sockopt.Descriptor(uc, func(fd uintptr) {
		if n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF); n < 2*most || err != nil {
			t.Errorf("%d bytes of %d, %v", n, 2*most, err)
		}
	})
}
