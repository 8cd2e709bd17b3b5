package scan

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gonc/conn/errno"
	"gonc/conn/sockopt"
	"gonc/internal/testutil"
)

// eachEngine runs test with the system's way of scanning TCP and with the
// portable one.
func eachEngine(t *testing.T, test func(*testing.T, Scanner)) {
	t.Run("system", func(t *testing.T) { test(t, Scanner{}) })
	t.Run("dialed", func(t *testing.T) { test(t, Scanner{engine: sweepDialed}) })
}

// listenPort returns the port of a listener at addr that takes every connection
// and closes it.
func listenPort(t *testing.T, addr netip.Addr) uint16 {
	t.Helper()
	return testutil.ServeTCP(t, addr.String(), func(*net.TCPConn) {}).Port()
}

// scanAll returns all results of s, and fails the test if there is an error.
func scanAll(t *testing.T, s Scanner, addrs []netip.Addr, ports []uint16) []Result {
	t.Helper()
	var got []Result
	if err := s.Scan(t.Context(), addrs, ports, func(r Result) { got = append(got, r) }); err != nil {
		t.Fatal(err)
	}
	return got
}

func stateOf(t *testing.T, s Scanner, port uint16) State {
	t.Helper()
	got := scanAll(t, s, []netip.Addr{testutil.Loopback4}, []uint16{port})
	if len(got) != 1 || got[0].Port != port || !got[0].Last {
		t.Fatalf("got %v", got)
	}
	return got[0].State
}

// Ports that are open, all around ones that are not, in any order and some
// twice, are reported in just that order.
func TestScanOrder(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		for _, addr := range []netip.Addr{testutil.Loopback4, testutil.Loopback6} {
			t.Run(addr.String(), func(t *testing.T) { testScanOrder(t, s, addr) })
		}
	})
}

func testScanOrder(t *testing.T, s Scanner, addr netip.Addr) {
	open := make(map[uint16]bool)
	ports := []uint16{1, 2, 3}
	for range 40 {
		port := listenPort(t, addr)
		open[port] = true
		ports = append(ports, port, port)
	}
	for port := range uint16(2000) { // below the ports that the system chooses
		ports = append(ports, 12000+port)
	}
	rand.Shuffle(len(ports), func(i, j int) { ports[i], ports[j] = ports[j], ports[i] })
	got := scanAll(t, s, []netip.Addr{addr}, ports)
	if len(got) != len(ports) {
		t.Fatalf("%d results for %d ports", len(got), len(ports))
	}
	for i, r := range got {
		if r.Port != ports[i] || r.Address != addr || !r.Last || r.RTT <= 0 {
			t.Fatalf("result %d is %+v, want port %d", i, r, ports[i])
		}
		if isOpen := r.State == Open; isOpen != (r.Err == nil) || open[r.Port] && !isOpen {
			t.Errorf("%+v", r)
		}
		if r.State == Closed && r.Err != error(errno.Refused) {
			t.Errorf("closed with %#v", r.Err)
		}
	}
}

// The next address is tried when the one before is closed, and is not when it
// is open.
func TestScanNextAddress(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		port := listenPort(t, testutil.Loopback4)
		got := scanAll(t, s, []netip.Addr{testutil.Loopback6, testutil.Loopback4, netip.MustParseAddr("127.0.0.2")}, []uint16{port, 1})
		type row struct {
			addr  string
			port  uint16
			state State
			last  bool
		}
		want := []row{
			{"::1", port, Closed, false}, {"127.0.0.1", port, Open, true},
			{"::1", 1, Closed, false}, {"127.0.0.1", 1, Closed, false}, {"127.0.0.2", 1, Closed, true},
		}
		var rows []row
		for _, r := range got {
			if r.Address == testutil.Loopback6 && r.State == Filtered {
				r.State = Closed // a machine without IPv6
			}
			rows = append(rows, row{r.Address.String(), r.Port, r.State, r.Last})
		}
		if !slices.Equal(rows, want) {
			t.Errorf("got  %v\nwant %v", rows, want)
		}
	})
}

func TestScanFamily(t *testing.T) {
	port := listenPort(t, testutil.Loopback4)
	for _, tt := range []struct {
		s    Scanner
		want []netip.Addr
	}{
		{Scanner{Network: "tcp4"}, []netip.Addr{testutil.Loopback4}},
		{Scanner{Sources: []netip.AddrPort{netip.AddrPortFrom(testutil.Loopback4, 0)}}, []netip.Addr{testutil.Loopback4}},
		{Scanner{Network: "tcp6", Sources: []netip.AddrPort{netip.AddrPortFrom(testutil.Loopback4, 0)}}, nil},
	} {
		var got []netip.Addr
		err := tt.s.Scan(t.Context(), []netip.Addr{testutil.Loopback6, testutil.Loopback4}, []uint16{port}, func(r Result) {
			got = append(got, r.Address)
		})
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.want != nil) {
			t.Errorf("%+v: %v, %v", tt.s, got, err)
		}
	}
}

// A connection that meets itself is not an open port.
func TestScanSelfConnect(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := netip.MustParseAddrPort(ln.Addr().String()).Port()
		ln.Close()
		s.Sources = []netip.AddrPort{netip.AddrPortFrom(testutil.Loopback4, port)}
		for range 2 { // nothing of the first stays behind
			if got := stateOf(t, s, port); got != Closed {
				t.Errorf("the port that is scanned from is %s", got)
			}
		}
	})
}

// One source port serves any number of ports.
func TestScanSource(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		var ports []uint16
		for range 5 {
			ports = append(ports, listenPort(t, testutil.Loopback4))
		}
		s.Sources = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.9:11999")}
		for _, r := range scanAll(t, s, []netip.Addr{testutil.Loopback4}, ports) {
			if r.State != Open {
				t.Errorf("%+v", r)
			}
		}
		s.Sources = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.9:0")}
		for _, r := range scanAll(t, s, []netip.Addr{testutil.Loopback4}, append(ports, 1)) {
			if (r.State == Open) != (r.Port != 1) {
				t.Errorf("%+v", r)
			}
		}
	})
}

// Each address is scanned from the source of its family: with a name of both
// families it is often the second address that is open.
func TestScanSourceFamilies(t *testing.T) {
	if !testutil.HasIPv6() {
		t.Skip("this machine has no IPv6")
	}
	eachEngine(t, func(t *testing.T, s Scanner) {
		for _, from := range [][]netip.AddrPort{
			{netip.AddrPortFrom(netip.Addr{}, 11998)},
			{netip.AddrPortFrom(testutil.Loopback6, 11998), netip.AddrPortFrom(testutil.Loopback4, 11998)},
			{netip.AddrPortFrom(testutil.Loopback6, 0), netip.AddrPortFrom(testutil.Loopback4, 0)},
		} {
			s.Sources = from
			got := scanAll(t, s, []netip.Addr{testutil.Loopback6, testutil.Loopback4}, []uint16{listenPort(t, testutil.Loopback4)})
			if len(got) != 2 || got[0].State != Closed || got[1].Address != testutil.Loopback4 || got[1].State != Open {
				t.Errorf("from %v: %+v", from, got)
			}
		}
	})
}

// What no socket can be made with is an error of the scan, not of each port.
func TestScanSetupError(t *testing.T) {
	failure := errors.New("no such option")
	eachEngine(t, func(t *testing.T, s Scanner) {
		bad := s
		bad.Options = []sockopt.Option{func(string, uintptr) error { return failure }}
		notHere := s
		notHere.Sources = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:0")}
		for _, tt := range []struct {
			s    Scanner
			want error
		}{{bad, failure}, {notHere, errno.AddrNotAvail}} {
			err := tt.s.Scan(t.Context(), []netip.Addr{testutil.Loopback4}, []uint16{1, 2, 3}, func(r Result) { t.Errorf("%+v", r) })
			var op *net.OpError
			if !errors.Is(err, tt.want) || !errors.As(err, &op) || op.Op != "dial" || !strings.HasPrefix(op.Addr.String(), "127.0.0.1:") {
				t.Errorf("%T %v, want %v", err, err, tt.want)
			} else if from := op.Source; (from != nil) != (tt.s.Sources != nil) {
				t.Errorf("from %v, want %v", from, tt.s.Sources)
			}
		}
	})
}

// The options see the network of the socket, before it is connected.
func TestScanOptions(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		called := make(chan string, 1)
		s.Options = []sockopt.Option{func(network string, fd uintptr) error { called <- network; return nil }}
		stateOf(t, s, listenPort(t, testutil.Loopback4))
		if got := <-called; got != "tcp4" {
			t.Errorf("called with %q", got)
		}
	})
}

// Interval is the pause between two ports, and none comes before or after.
func TestScanInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		s := Scanner{Interval: 3 * time.Second}
		s.engine = func(_ context.Context, _ *sweep, q *queue) error {
			for j, ok := q.take(); ok; j, ok = q.take() {
				q.record(j, finding{state: Open})
			}
			return nil
		}
		err := s.Scan(t.Context(), []netip.Addr{testutil.Loopback4}, []uint16{1, 2, 3}, func(Result) {
			at = append(at, time.Since(start))
		})
		if want := []time.Duration{0, 3 * time.Second, 6 * time.Second}; err != nil || !slices.Equal(at, want) {
			t.Errorf("%v, results after %v", err, at)
		}
		if took := time.Since(start); took != 6*time.Second {
			t.Errorf("ended after %v", took)
		}
	})
}

// A port that has no result yet holds up the reports, but neither the ports
// after it nor the memory.
func TestQueueWindow(t *testing.T) {
	var ports []uint16
	for port := range maxAhead + 10 {
		ports = append(ports, uint16(port))
	}
	reported := 0
	q := newQueue(&sweep{targets: []netip.Addr{testutil.Loopback4}, timeout: time.Minute}, ports, func(r Result) {
		if int(r.Port) != reported {
			t.Fatalf("port %d is reported after %d others", r.Port, reported)
		}
		reported++
	})
	first, _ := q.take()
	taken := 1
	for j, ok := q.take(); ok; j, ok = q.take() {
		q.record(j, finding{state: Closed})
		taken++
	}
	if taken != maxAhead || reported != 0 {
		t.Fatalf("%d taken and %d reported", taken, reported)
	}
	q.record(first, finding{state: Closed})
	if _, ok := q.take(); reported != maxAhead || !ok {
		t.Errorf("then %d reported, and a next port: %v", reported, ok)
	}
}

// A shortage that does not end is an error, and until then a pause each time.
func TestThrottleGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle(512)
		start := time.Now()
		tries := 0
		for th.shrink(t.Context(), 0, syscall.ENFILE) == nil {
			tries++
		}
		took := time.Since(start)
		if th.limit != 1 || took < maxShortage || took > maxShortage+time.Second || tries > int(took/shortagePause) {
			t.Errorf("limit %d, %d tries in %v", th.limit, tries, took)
		}
	})
}

func TestThrottle(t *testing.T) {
	th := newThrottle(512)
	if th.limit != firstBurst {
		t.Errorf("begins with %d", th.limit)
	}
	th.open(time.Now())
	if th.limit != firstBurst {
		t.Errorf("opens too early")
	}
	th.open(time.Now().Add(openingTime))
	if th.limit != 512 {
		t.Errorf("opens to %d", th.limit)
	}
	if err := th.shrink(t.Context(), 100, syscall.EMFILE); err != nil || th.limit != 100 {
		t.Errorf("shrinks to %d, %v", th.limit, err)
	}
	for range 3 {
		th.grow()
	}
	if th.limit != 512 {
		t.Errorf("grows to %d", th.limit)
	}
	if th = newThrottle(4); th.limit != 4 {
		t.Errorf("4 at once begin with %d", th.limit)
	}
}
