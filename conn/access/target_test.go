package access

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func targets(t *testing.T, list string) *Targets {
	t.Helper()
	all := new(Targets)
	if err := all.Add(t.Context(), list, names); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTargets(t *testing.T) {
	for _, tt := range []struct {
		list, name, at string
		want           bool
	}{
		{"192.0.2.1", "192.0.2.1", "192.0.2.1:80", true},
		{"192.0.2.1", "x", "192.0.2.2:80", false},
		{"192.0.2.0/24:443", "x", "192.0.2.2:443", true},
		{"192.0.2.0/24:443", "x", "192.0.2.2:80", false},
		{":443", "x", "203.0.113.1:443", true},
		{":443,:8000-8002", "x", "203.0.113.1:8001", true},
		{":8000-8002", "x", "203.0.113.1:8003", false},
		{"*", "x", "203.0.113.1:1", true},
		{"*:53", "x", "[2001:db8::1]:53", true},
		{"db", "DB.", "203.0.113.1:1", true}, // by the name that it has
		{"db", "x", "192.0.2.7:1", true},     // by one of its addresses
		{"db:80", "db", "192.0.2.7:1", false},
		{"::1", "x", "[::1]:1", true},
		{"[::1]", "x", "[::1]:1", true},
		{"[::1]:2", "x", "[::1]:1", false},
		{"[2001:db8::/32]:2", "x", "[2001:db8::5]:2", true},
		{"2001:db8::/32", "x", "[2001:db8::5]:2", true},
	} {
		if got := targets(t, tt.list).has(tt.name, netip.MustParseAddrPort(tt.at)); got != tt.want {
			t.Errorf("%s: %s at %s is %v", tt.list, tt.name, tt.at, got)
		}
	}
	// A name that another proxy resolves has no address here.
	if !targets(t, "db:80").has("db", netip.AddrPortFrom(netip.Addr{}, 80)) || targets(t, "0.0.0.0/0").has("db", netip.AddrPort{}) {
		t.Error("a name without an address")
	}
}

func TestBadTargets(t *testing.T) {
	for _, s := range []string{"", ":", ":0", ":65536", ":http", ":1-", ":9-1", "host:", "db:x", "[::1", "[::1]80", "[db]", "[1.2.3.4]:80",
		"1.2.3.4:80:90", "1.2.3.4/33:80", "db:80,", "*x", "unknown:80"} {
		err := new(Targets).Add(t.Context(), s, names)
		if _, ok := errors.AsType[*PatternError](err); !ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestReach(t *testing.T) {
	const here, there = "127.0.0.1", "203.0.113.9"
	own := ""
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLoopback() && p.Addr().Is4() {
			own = p.Addr().String()
		}
	}
	for _, tt := range []struct {
		r          Reach
		client, at string
		ok         bool
		why        Forbidden
	}{
		{Reach{}, here, "127.0.0.1:22", true, 0},
		{Reach{}, "::ffff:127.0.0.1", "127.0.0.1:22", true, 0},
		{Reach{}, there, "192.0.2.1:22", true, 0},
		{Reach{}, there, "127.0.0.1:22", false, ForbiddenLocal},
		{Reach{}, there, "127.9.9.9:22", false, ForbiddenLocal},
		{Reach{}, there, "[::1]:22", false, ForbiddenLocal},
		{Reach{}, there, "[::ffff:127.0.0.1]:22", false, ForbiddenLocal},
		{Reach{}, there, "0.0.0.0:22", false, ForbiddenLocal},
		{Reach{}, there, "[::]:22", false, ForbiddenLocal},
		{Reach{}, there, "169.254.169.254:80", false, ForbiddenLocal},
		{Reach{}, there, "[fe80::1%eth0]:80", false, ForbiddenLocal},
		{Reach{}, there, "255.255.255.255:80", false, ForbiddenLocal},
		{Reach{}, there, "224.0.0.1:80", false, ForbiddenLocal},
		{Reach{Allow: targets(t, ":22")}, there, "127.0.0.1:22", true, 0},
		{Reach{Allow: targets(t, ":22")}, here, "127.0.0.1:23", false, ForbiddenNotAllowed},
		{Reach{Allow: targets(t, ":22"), Deny: targets(t, "127.0.0.0/8")}, there, "127.0.0.1:22", false, ForbiddenDenied},
		{Reach{Allow: targets(t, "127.0.0.1:22")}, there, "0.0.0.0:22", true, 0},
		{Reach{Allow: targets(t, "192.0.2.0/24")}, here, "0.0.0.0:22", false, ForbiddenNotAllowed},
		{Reach{Deny: targets(t, "127.0.0.0/8")}, here, "0.0.0.0:22", false, ForbiddenDenied},
		{Reach{Deny: targets(t, "0.0.0.0")}, here, "0.0.0.0:22", false, ForbiddenDenied},
		{Reach{Deny: targets(t, "::1")}, here, "[::]:22", false, ForbiddenDenied},
		{Reach{Deny: targets(t, "fe80::/10")}, here, "[fe80::1%eth0]:22", false, ForbiddenDenied},
		{Reach{Deny: targets(t, ":25")}, here, "192.0.2.1:25", false, ForbiddenDenied},
		{Reach{Deny: targets(t, ":25")}, there, "[::1]:26", false, ForbiddenLocal},
	} {
		at := netip.MustParseAddrPort(tt.at)
		err := tt.r.Check(netip.MustParseAddr(tt.client), at.Addr().String(), at)
		e, refused := errors.AsType[*TargetError](err)
		if refused == tt.ok || refused && e.Reason != tt.why {
			t.Errorf("%s to %s: %v", tt.client, tt.at, err)
		}
	}
	if own == "" {
		t.Skip("this machine has no address but loopback")
	}
	at := netip.AddrPortFrom(netip.MustParseAddr(own), 22)
	var r Reach
	if r.Check(netip.MustParseAddr(there), own, at) == nil || r.Check(at.Addr(), own, at) != nil {
		t.Errorf("%s, which is this machine's, from elsewhere and from itself", own)
	}
}
