package proxy

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// associated opens an association, and returns the connection that holds it
// and where to send to.
func associated(t *testing.T, p *proxyServer) (hold net.Conn, relay netip.AddrPort) {
	t.Helper()
	c, err := net.Dial("tcp", p.at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(c, "\x05\x01\x00\x05\x03\x00\x01\x00\x00\x00\x00\x00\x00")
	answer := make([]byte, 12)
	if _, err := io.ReadFull(c, answer); err != nil || string(answer[:6]) != "\x05\x00\x05\x00\x00\x01" {
		t.Fatalf("%q, %v", answer, err)
	}
	return c, netip.AddrPortFrom(netip.AddrFrom4([4]byte(answer[6:])), binary.BigEndian.Uint16(answer[10:]))
}

func listenUDP(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

func here(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

func receive(t *testing.T, c *net.UDPConn) (string, netip.AddrPort) {
	t.Helper()
	b := make([]byte, datagramMax)
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n]), from
}

func wrapped(at netip.AddrPort, data string) []byte {
	return append(appendSOCKS5Address([]byte{0, 0, 0}, at), data...)
}

// Datagrams go both ways, by address and by name, empty ones and large ones.
func TestAssociate(t *testing.T) {
	p := serveProxy(t, new(Server))
	hold, relay := associated(t, p)
	client, target := listenUDP(t), listenUDP(t)
	named := append([]byte("\x00\x00\x00\x03\x09localhost"), byte(here(target).Port()>>8), byte(here(target).Port()))
	for _, tt := range []struct {
		head []byte
		data string
	}{{wrapped(here(target), ""), "one"}, {wrapped(here(target), ""), ""}, {named, "two"}, {named, "three"},
		{wrapped(here(target), ""), strings.Repeat("x", 60000)}} {
		client.WriteToUDPAddrPort(append(tt.head, tt.data...), relay)
		got, from := receive(t, target)
		if got != tt.data {
			t.Errorf("the target got %.20q, want %.20q", got, tt.data)
		}
		target.WriteToUDPAddrPort([]byte("re: "+tt.data), from)
		if got, _ := receive(t, client); got != string(wrapped(here(target), "re: "+tt.data)) {
			t.Errorf("the client got %.40q", got)
		}
	}
	hold.Close()
	for end := time.Now().Add(20 * time.Second); ; {
		ln, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(relay))
		if err == nil {
			ln.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal("the association outlives its connection")
		}
		time.Sleep(time.Millisecond)
	}
}

// Nothing is relayed for another than the client, to what is forbidden, from
// where the client has not sent to, and of what is no datagram of SOCKS.
func TestAssociateDrops(t *testing.T) {
	p := serveProxy(t, new(Server))
	_, relay := associated(t, p)
	client, target, stranger := listenUDP(t), listenUDP(t), listenUDP(t)
	send := func(b []byte) { client.WriteToUDPAddrPort(b, relay) }
	send(wrapped(here(target), "first"))
	_, out := receive(t, target)
	fragment := wrapped(here(target), "fragment")
	fragment[2] = 1
	for _, b := range [][]byte{nil, {0}, {0, 0, 0, 1}, {0, 0, 0, 9, 1, 2, 3}, {0, 0, 0, 3}, {0, 0, 0, 3, 200, 'a'}, fragment,
		wrapped(netip.AddrPortFrom(here(target).Addr(), 0), "port 0"), []byte("\x00\x00\x00\x03\x03a\r\n\x00\x50x"), []byte("\x00\x00\x00\x03\x00\x00\x50x")} {
		send(b)
	}
	stranger.WriteToUDPAddrPort(wrapped(here(target), "from another port"), relay)
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err == nil {
		defer other.Close()
		other.WriteToUDPAddrPort(wrapped(here(target), "from another address"), relay)
	}
	send(wrapped(here(target), "second"))
	if got, _ := receive(t, target); got != "second" {
		t.Errorf("the target got %q", got)
	}
	stranger.WriteToUDPAddrPort([]byte("not asked for"), out)
	target.WriteToUDPAddrPort([]byte("asked for"), out)
	if got, _ := receive(t, client); !strings.HasSuffix(got, "\x00asked for") && !strings.HasSuffix(got, "asked for") || strings.Contains(got, "not asked") {
		t.Errorf("the client got %q", got)
	}
}

// A client that sends to very many targets hears the latest ones.
func TestAssociateManyTargets(t *testing.T) {
	a := &association{targets: make(map[netip.AddrPort]struct{}), only: netip.MustParseAddr("127.0.0.1"), port: 1}
	at := func(n int) netip.AddrPort { return netip.AddrPortFrom(a.only, uint16(n)) }
	for n := 1; n <= 3*targetsMax; n++ {
		a.expect(at(n))
		a.expect(at(n))
	}
	for n := 1; n <= 3*targetsMax; n++ {
		if _, ok := a.answerTo(at(n)); ok != (n > 2*targetsMax) {
			t.Fatalf("target %d: %v", n, ok)
		}
	}
	if len(a.targets) != targetsMax {
		t.Errorf("%d targets", len(a.targets))
	}
}

// FuzzDatagram: a datagram that is taken is, but for its name, what is written
// for the address and the data that were found in it.
func FuzzDatagram(f *testing.F) {
	f.Add(wrapped(netip.MustParseAddrPort("1.2.3.4:5"), "data"))
	f.Add(wrapped(netip.MustParseAddrPort("[::1]:5"), ""))
	f.Add([]byte("\x00\x00\x00\x03\x01a\x00\x50data"))
	f.Fuzz(func(t *testing.T, b []byte) {
		host, at, data, ok := parseDatagram(b)
		if !ok {
			return
		}
		again := wrapped(at, string(data))
		if host != "" {
			again = append([]byte("\x00\x00\x00\x03"), byte(len(host)))
			again = append(binary.BigEndian.AppendUint16(append(again, host...), at.Port()), data...)
		}
		if b[3] == 4 && at.Addr().Is4() {
			return // IPv4-mapped, which is written as IPv4
		}
		if !bytes.Equal(again, b) || at.Port() == 0 || strings.ContainsAny(host, "\r\n\x00 ") {
			t.Fatalf("%q: %q %v %q", b, host, at, data)
		}
	})
}

// FuzzServerSOCKS: a request of SOCKS is taken only if it is whole, what
// follows it is left, and its target has nothing in it that no host name has.
func FuzzServerSOCKS(f *testing.F) {
	at := netip.MustParseAddrPort("1.2.3.4:5")
	for _, s := range []string{socks4To(at, "u"), socks4aTo("host", 5), socks5To(at), socks5Name("host", 5), "\x05\x02\x00\x02\x05\x03\x00\x01\x00\x00\x00\x00\x00\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 || b[0] != 4 && b[0] != 5 {
			return
		}
		read := func(b []byte) (*Request, error) {
			r := &Request{server: new(Server), in: &input{buf: b, w: len(b), c: ended{}}, c: ended{}, Protocol: "socks5"}
			if b[0] == 4 {
				r.Protocol = "socks4"
				return r, r.readSOCKS4()
			}
			return r, r.readSOCKS5()
		}
		r, err := read(b)
		if err != nil {
			return
		}
		n := r.in.r
		if _, err := read(b[:n-1]); err == nil {
			t.Fatalf("%q is as good without its last byte", b[:n])
		}
		r2, err := read(append(bytes.Clone(b[:n]), "tail"...))
		if err != nil || r2.Target != r.Target || r2.in.r != n {
			t.Fatalf("%q with a tail: %v, %v", b[:n], r2.Target, err)
		}
		if r.Kind == KindConnect && (r.Target.Host == "" || r.port() == 0 || strings.ContainsFunc(r.Target.Host, func(c rune) bool { return c <= ' ' || c > '~' })) {
			t.Fatalf("%q: target %q", b[:n], r.Target)
		}
	})
}

// ended is a connection that is at its EOF and takes everything.
type ended struct{ net.Conn }

func (ended) Read([]byte) (int, error)    { return 0, io.EOF }
func (ended) Write(b []byte) (int, error) { return len(b), nil }
