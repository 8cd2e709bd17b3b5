package conn

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"
)

// serveUDP runs a Listener for handle and returns its port.
func serveUDP(t *testing.T, l *Listener, handle func(context.Context, net.Conn) error) uint16 {
	ports := make(chan uint16, 1)
	l.OnListen = func(at []net.Addr) { ports <- PortOf(at[0]) }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(ctx, handle) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("Serve goes on after its context has ended")
		}
	})
	return <-ports
}

// echoDatagrams answers each datagram with itself.
func echoDatagrams(ctx context.Context, c net.Conn) error {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	buf := make([]byte, MaxDatagram)
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
				if to == "::1" && !hasIPv6() {
					t.Skip("this machine has no IPv6")
				}
				port := serveUDP(t, &Listener{Network: "udp", KeepOpen: keep}, echoDatagrams)
				c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(to), port)))
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				for _, text := range []string{"one", "", "three"} {
					talkUDP(t, c, text)
				}
			})
		}
	}
}

// talkUDP sends text and expects it back.
func talkUDP(t *testing.T, c net.Conn, text string) {
	t.Helper()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	n, err := c.Read(buf)
	if err != nil || string(buf[:n]) != text {
		t.Fatalf("sent %q, got %q, %v", text, buf[:n], err)
	}
}

func hasIPv6() bool {
	pc, err := net.ListenPacket("udp6", "[::1]:0")
	if err == nil {
		pc.Close()
	}
	return err == nil
}
