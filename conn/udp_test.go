package conn

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// echoDatagrams answers each datagram with itself.
func echoDatagrams(ctx context.Context, c net.Conn) error {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	buf := make([]byte, maxDatagram)
	for {
		n, err := c.Read(buf)
		if err == nil {
			_, err = c.Write(buf[:n])
		}
		if err != nil {
			return err
		}
	}
}

// A client that has connected its socket takes an answer only from the
// address that it sent to, which need not be the one that the system sends
// from by itself.
func TestUDPAnswersFromWhereItWasAsked(t *testing.T) {
	for _, keep := range []bool{false, true} {
		for _, to := range []string{"127.0.0.1", "127.0.0.2", "::1"} {
			t.Run(map[bool]string{false: "one", true: "sessions"}[keep]+" "+to, func(t *testing.T) {
				if to == "::1" && !testutil.HasIPv6() {
					t.Skip("this machine has no IPv6")
				}
				c := dialTo(t, "udp", serve(t, &Listener{Network: "udp", KeepOpen: keep}, echoDatagrams).addr(to))
				for _, text := range []string{"one", "", "three"} {
					exchange(t, c, text)
				}
			})
		}
	}
}

// exchange sends text and expects it back.
func exchange(t *testing.T, c net.Conn, text string) {
	t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, maxDatagram)
	n, err := c.Read(buf)
	if err != nil || string(buf[:n]) != text {
		t.Fatalf("sent %.20q, got %.20q, %v", text, buf[:n], err)
	}
}

// The first sender is the peer, and others are refused by the kernel.
func TestUDPOnePeer(t *testing.T) {
	for _, host := range []string{"", "127.0.0.1"} {
		s := serve(t, &Listener{Network: "udp", Address: addr.Addr{Host: host}}, echoDatagrams)
		first := dialTo(t, "udp", s.addr("127.0.0.1"))
		exchange(t, first, "")
		exchange(t, first, "hello")
		second := dialTo(t, "udp", s.addr("127.0.0.1"))
		second.Write([]byte("intruder"))
		if n, err := second.Read(make([]byte, 100)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("the second sender: %d bytes, %v", n, err)
		}
		exchange(t, first, "still")
		for _, size := range []int{8193, 20000, 65507} {
			exchange(t, first, strings.Repeat("x", size))
		}
	}
}

// firstPeer returns the peer that a listener makes of the first datagram.
func firstPeer(t *testing.T, uc *net.UDPConn) *peer {
	t.Helper()
	s := newServer(&Listener{}, nil)
	p, err := (&udpSocket{UDPConn: uc, dropped: s.dropped.Add}).awaitPeer(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What others have sent before the socket was connected is not the peer's.
func TestUDPPeerAlone(t *testing.T) {
	uc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer uc.Close()
	first, other := dialTo(t, "udp", uc.LocalAddr().String()), dialTo(t, "udp", uc.LocalAddr().String())
	for _, c := range []net.Conn{first, other, first, other, first} {
		c.Write([]byte(map[bool]string{true: "mine", false: "not mine"}[c == first]))
	}
	p := firstPeer(t, uc)
	p.SetDeadline(time.Now().Add(patience))
	buf := make([]byte, 100)
	for range 3 {
		if n, err := p.Read(buf); string(buf[:n]) != "mine" || err != nil {
			t.Errorf("%q, %v", buf[:n], err)
		}
	}
	p.SetDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := p.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%q, %v", buf[:n], err)
	}
}

// An answer that was refused, because the peer's socket was gone for a moment,
// ends nothing: the peer comes back, and is heard and answered.
func TestUDPPeerComesBack(t *testing.T) {
	for _, keep := range []bool{false, true} {
		gone, answered := make(chan bool), make(chan error, 3)
		s := serve(t, &Listener{Network: "udp", Address: addr.Addr{Host: "127.0.0.1"}, KeepOpen: keep}, func(ctx context.Context, c net.Conn) error {
			<-gone
			for range cap(answered) { // of the first it is reported that it was refused
				_, err := c.Write([]byte("anybody?"))
				answered <- err
			}
			return echoDatagrams(ctx, c)
		})
		c := dialTo(t, "udp", s.addr("127.0.0.1")).(*net.UDPConn)
		c.Write([]byte("hello"))
		from, to := c.LocalAddr().(*net.UDPAddr), c.RemoteAddr().(*net.UDPAddr)
		c.Close()
		close(gone)
		for range cap(answered) {
			if err := await(t, answered); err != nil {
				t.Error(err)
			}
		}
		c, err := net.DialUDP("udp", from, to)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		c.Write([]byte("back"))
		buf := make([]byte, 100)
		for n := 0; string(buf[:n]) != "back"; { // the echo of the first may come before
			if n, err = c.Read(buf); err != nil {
				t.Fatal(err)
			}
		}
	}
}
