package scan

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gonc/internal/testutil"
)

// udpSocket returns a UDP socket at addr and its port.
func udpSocket(t *testing.T, addr netip.Addr) (*net.UDPConn, uint16) {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, netip.MustParseAddrPort(c.LocalAddr().String()).Port()
}

func TestScanUDP(t *testing.T) {
	for _, addr := range []netip.Addr{testutil.Loopback4, testutil.Loopback6} {
		t.Run(addr.String(), func(t *testing.T) { testScanUDP(t, addr) })
	}
}

func testScanUDP(t *testing.T, addr netip.Addr) {
	echo, open := udpSocket(t, addr)
	go func() {
		for b := make([]byte, 10); ; {
			n, from, err := echo.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			echo.WriteToUDPAddrPort(append(b[:n], "hello"...), from)
		}
	}()
	sink, silent := udpSocket(t, addr)
	want := map[uint16]State{open: Open, silent: Silent}
	ports := []uint16{silent, open}
	for port := range uint16(700) {
		ports = append(ports, 12000+port)
		want[12000+port] = Closed
	}
	s := Scanner{Network: "udp", Timeout: time.Second} // much, for where a machine is busy
	for i, r := range scanAll(t, s, []netip.Addr{addr}, ports) {
		if r.Port != ports[i] || r.State != want[r.Port] || (r.Err == nil) != (r.State != Closed) {
			t.Errorf("result %d is %+v, want %d %s", i, r, ports[i], want[ports[i]])
		}
	}
	sink.SetReadDeadline(time.Now().Add(5 * time.Second))
	for range 2 {
		if n, err := sink.Read(make([]byte, 10)); n != 0 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
}

func TestScanUDPCancel(t *testing.T) {
	_, silent := udpSocket(t, testutil.Loopback4)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	s := Scanner{Network: "udp", Timeout: time.Minute}
	err := s.Scan(ctx, []netip.Addr{testutil.Loopback4}, []uint16{silent}, func(r Result) { t.Errorf("%+v", r) })
	if took := time.Since(start); err != context.Canceled || took > testutil.Timeout {
		t.Errorf("%v after %v", err, took)
	}
}

// A host that sends an ICMP error only now and then has all its closed ports
// found, however many are asked at once, and its silent ones as well.
func TestScanUDPLimitedErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ports, silent = 300, 217
		s := &sweep{parallel: ports}
		var batch []job
		for i := range ports {
			batch = append(batch, job{index: i})
		}
		host := limitedHost{silent: silent, tokens: 6}
		got := make(map[int]State)
		err := s.askUDP(t.Context(), batch, host.probe, func(j job, o finding) { got[j.index] = o.state })
		if err != nil || len(got) != ports {
			t.Fatalf("%v, %d results", err, len(got))
		}
		for i, state := range got {
			if want := map[bool]State{true: Silent, false: Closed}[i == silent]; state != want {
				t.Errorf("port %d is %s", i, state)
			}
		}
	})
}

// A limitedHost has one port that is silent, and says of the others that they
// are closed when a second has brought it the token to do so.
type limitedHost struct {
	silent int

	mu     sync.Mutex
	tokens int
	last   time.Time
}

func (h *limitedHost) probe(_ context.Context, j job) (finding, error) {
	if j.index != h.silent && h.allows() {
		return finding{state: Closed}, nil
	}
	time.Sleep(time.Second)
	return finding{state: Silent}, nil
}

func (h *limitedHost) allows() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); now.Sub(h.last) >= time.Second {
		h.tokens, h.last = min(h.tokens+1, 6), now
	}
	if h.tokens == 0 {
		return false
	}
	h.tokens--
	return true
}

// Where a UDP port is open at the second address only, it is found from a
// source port too.
func TestScanUDPSourceFamilies(t *testing.T) {
	if !testutil.HasIPv6() {
		t.Skip("this machine has no IPv6")
	}
	_, port := udpSocket(t, testutil.Loopback4)
	s := Scanner{Network: "udp", Timeout: time.Second, Sources: []netip.AddrPort{netip.AddrPortFrom(netip.Addr{}, 11997)}}
	got := scanAll(t, s, []netip.Addr{testutil.Loopback6, testutil.Loopback4}, []uint16{port})
	if len(got) != 2 || got[0].State != Closed || got[1].Address != testutil.Loopback4 || got[1].State != Silent {
		t.Errorf("%+v", got)
	}
}
