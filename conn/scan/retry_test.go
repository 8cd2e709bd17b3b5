package scan

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// A port counts as closed only when the time is over; one that opens meanwhile
// is open, and the order is the one asked for.
func TestScanRetry(t *testing.T) {
	loopback := netip.MustParseAddr("127.0.0.1")
	first, last := listenPort(t, loopback), listenPort(t, loopback)
	later := "127.0.0.1:" + testutil.FreePort(t)
	port := netip.MustParseAddrPort(later).Port()
	s := Scanner{Retry: 4 * time.Second}
	opened := make(chan net.Listener, 1)
	time.AfterFunc(500*time.Millisecond, func() {
		l, err := net.Listen("tcp4", later)
		if err != nil {
			t.Error(err)
		}
		opened <- l
	})
	begin := time.Now()
	var got []Result
	err := s.Scan(t.Context(), []netip.Addr{loopback}, []uint16{first, port, 1, last}, func(r Result) {
		got = append(got, r)
	})
	if err != nil {
		t.Fatal(err)
	}
	if l := <-opened; l != nil {
		l.Close()
	}
	want := []struct {
		port  uint16
		state State
	}{{first, Open}, {port, Open}, {1, Closed}, {last, Open}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, w := range want {
		if got[i].Port != w.port || got[i].State != w.state || !got[i].Last {
			t.Errorf("%+v, want %+v", got[i], w)
		}
	}
	if took := time.Since(begin); took < 4*time.Second || took > 4*time.Second+testutil.Timeout {
		t.Errorf("took %v", took)
	}
}

// All open: no time is lost.
func TestScanRetryOpen(t *testing.T) {
	loopback := netip.MustParseAddr("127.0.0.1")
	s := Scanner{Retry: time.Hour}
	if got := scanAll(t, s, []netip.Addr{loopback}, []uint16{listenPort(t, loopback)}); len(got) != 1 || got[0].State != Open {
		t.Errorf("%+v", got)
	}
}
