package path

import (
	"context"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gonc/internal/lab"
)

// A situation is a network in which a connection to an address fails.
type situation struct {
	name  string
	to    string
	make  func(t *testing.T)
	cause Cause
	icmp  string // the machine that an error came from
}

func dropAll(hook string) func(*testing.T) {
	return func(t *testing.T) { lab.This().Filter(t, hook, "tcp dport 9999 drop") }
}

var situations = []situation{
	{"Loopback", "127.0.0.1:9999", func(t *testing.T) {}, NothingHere, ""},
	{"LoopbackElsewhere", "127.0.0.1:9999", func(t *testing.T) {
		lab.Pair(t)
		lab.This().Listen(t, "tcp4", "192.168.56.1:9999")
	}, ListensElsewhere, ""},
	{"LoopbackIPv6Only", "127.0.0.1:9999", func(t *testing.T) {
		lab.This().Listen(t, "tcp6", "[::]:9999")
	}, ListensElsewhere, ""},
	{"OwnLoopbackOnly", "192.168.56.1:9999", func(t *testing.T) {
		lab.Pair(t)
		lab.This().Listen(t, "tcp4", "127.0.0.1:9999")
	}, ListensElsewhere, ""},
	{"OwnInputRule", "127.0.0.1:9999", dropAll("input"), FirewallHere, ""},
	{"OwnOutputRule", "192.168.56.101:9999", func(t *testing.T) {
		lab.Pair(t)
		dropAll("output")(t)
	}, FirewallHere, ""},
	{"OwnReject", "192.168.56.101:9999", func(t *testing.T) {
		lab.Pair(t)
		// What the rule is about is not known before.
		lab.This().Filter(t, "output", "tcp dport 9999 numgen inc mod 1 == 0 reject")
	}, RejectedHere, "192.168.56.1"},
	{"SameNAT", "10.0.2.15:9999", func(t *testing.T) {
		host := lab.New(t)
		lab.Cable(t, lab.This(), "eth0", "10.0.2.15/24", host, "eth0", "10.0.2.2/24")
	}, SameNATAddress, ""},

	{"Refused", "192.168.56.101:9999", func(t *testing.T) { lab.Pair(t) }, RefusedThere, ""},
	{"Refused6", "[fd56::101]:9999", func(t *testing.T) { lab.Pair(t) }, RefusedThere, ""},
	{"LoopbackOnlyThere", "192.168.56.101:9999", func(t *testing.T) {
		lab.Pair(t).Listen(t, "tcp4", "127.0.0.1:9999")
	}, RefusedThere, ""},
	{"NearPort", "192.168.56.101:9999", func(t *testing.T) {
		lab.Pair(t).Listen(t, "tcp4", ":9998")
	}, NearPortTakes, ""},
	{"Drop", "192.168.56.101:9999", func(t *testing.T) {
		lab.Pair(t).Filter(t, "input", "tcp dport 9999 drop")
	}, HostDrops, ""},
	{"DropAll", "192.168.56.101:9999", func(t *testing.T) {
		lab.Pair(t).Filter(t, "input", "meta l4proto tcp drop")
	}, HostDrops, ""},
	{"RejectReset", "192.168.56.101:9999", reject("tcp reset"), RefusedThere, ""},
	{"RejectPort", "192.168.56.101:9999", reject("icmp port-unreachable"), HostRejects, "192.168.56.101"},
	{"RejectHost", "192.168.56.101:9999", reject("icmp host-unreachable"), HostRejects, "192.168.56.101"},
	{"RejectNet", "192.168.56.101:9999", reject("icmp net-unreachable"), HostRejects, "192.168.56.101"},
	{"RejectProto", "192.168.56.101:9999", reject("icmp prot-unreachable"), HostRejects, "192.168.56.101"},
	{"RejectNetProhibited", "192.168.56.101:9999", reject("icmp net-prohibited"), HostRejects, "192.168.56.101"},
	{"RejectHostProhibited", "192.168.56.101:9999", reject("icmp host-prohibited"), HostRejects, "192.168.56.101"},
	{"RejectAdmin", "192.168.56.101:9999", reject("icmp admin-prohibited"), HostRejects, "192.168.56.101"},
	{"Reject6NoRoute", "[fd56::101]:9999", reject("icmpv6 no-route"), HostRejects, "fd56::101"},
	{"Reject6Admin", "[fd56::101]:9999", reject("icmpv6 admin-prohibited"), HostRejects, "fd56::101"},
	{"Reject6Addr", "[fd56::101]:9999", reject("icmpv6 addr-unreachable"), HostRejects, "fd56::101"},
	{"Reject6Port", "[fd56::101]:9999", reject("icmpv6 port-unreachable"), HostRejects, "fd56::101"},

	{"NoARP", "192.168.56.7:9999", func(t *testing.T) { lab.Pair(t) }, NoSuchMachine, ""},
	{"NoND", "[fd56::7]:9999", func(t *testing.T) { lab.Pair(t) }, NoSuchMachine, ""},
	{"NoRoute", "192.168.57.101:9999", func(t *testing.T) { lab.Pair(t) }, NoWay, ""},
	{"NoRoute6", "[2001:db8::1]:9999", func(t *testing.T) { lab.Pair(t) }, NoWay, ""},
	{"BlockedRoute", "192.0.2.1:9999", func(t *testing.T) {
		lab.This().Run(t, "ip route add unreachable 192.0.2.0/24")
	}, WayBlocked, ""},
	{"Blackhole", "192.0.2.1:9999", func(t *testing.T) {
		lab.This().Run(t, "ip route add blackhole 192.0.2.0/24")
	}, WayBlocked, ""},

	{"GatewayMute", "192.0.2.1:9999", func(t *testing.T) {
		lab.Pair(t)
		lab.This().Run(t, "ip route add default via 192.168.56.254")
	}, GatewayMute, ""},
	{"GatewaySilent", "192.0.2.1:9999", func(t *testing.T) {
		router, _ := lab.Routed(t)
		router.Run(t, "ip route add blackhole 192.0.2.0/24")
	}, Silence, ""},
	{"GatewaySilentPrivate", "10.77.0.1:9999", func(t *testing.T) {
		router, _ := lab.Routed(t)
		router.Run(t, "ip route add blackhole 10.77.0.0/24")
	}, PrivateBeyond, ""},
	{"GatewayNoRoute", "192.0.2.1:9999", func(t *testing.T) { lab.Routed(t) }, RouterNoRoute, "192.168.56.101"},
	{"GatewayNoRoute6", "[2001:db8::1]:9999", func(t *testing.T) { lab.Routed(t) }, RouterNoRoute, "fd56::101"},
	{"GatewayNoHost", "10.9.0.7:9999", func(t *testing.T) { lab.Routed(t) }, RouterNoHost, "192.168.56.101"},
	{"GatewayRejects", "10.9.0.2:9999", func(t *testing.T) {
		router, _ := lab.Routed(t)
		router.Filter(t, "forward", "tcp dport 9999 reject with icmp admin-prohibited")
	}, RouterRejects, "192.168.56.101"},
	{"GatewayDrops", "10.9.0.2:9999", func(t *testing.T) {
		router, server := lab.Routed(t)
		server.Listen(t, "tcp4", ":22")
		router.Filter(t, "forward", "tcp dport 9999 drop")
	}, HostDrops, ""},
	{"Loop", "192.0.2.1:9999", func(t *testing.T) {
		router, server := lab.Routed(t)
		router.Run(t, "ip route add default via 10.9.0.2")
		server.Run(t, "sysctl -q -w net.ipv4.ip_forward=1")
	}, RoutingLoop, ""},
	{"RoutedRefused", "10.9.0.2:9999", func(t *testing.T) { lab.Routed(t) }, RefusedThere, ""},

	{"NATGuest", "10.0.2.15:9999", func(t *testing.T) { lab.Guest(t) }, NATAddress, ""},
	{"Container", "172.17.0.2:9999", func(t *testing.T) { lab.Guest(t) }, ContainerAddress, ""},
	{"Libvirt", "192.168.122.9:9999", func(t *testing.T) { lab.Guest(t) }, LibvirtAddress, ""},
	{"HostOnly", "192.168.56.101:9999", func(t *testing.T) { lab.Guest(t) }, HostOnlyAddress, ""},
}

func reject(with string) func(*testing.T) {
	return func(t *testing.T) { lab.Pair(t).Filter(t, "input", "tcp dport 9999 reject with "+with) }
}

func TestSituation(t *testing.T) {
	lab.Each(t, situations, func(s situation) string { return s.name }, testSituation)
}

func testSituation(t *testing.T, s situation) {
	if !lab.Enter(t) {
		return
	}
	s.make(t)
	f := explore(t, s)
	if got := f.Judge(); got != s.cause {
		t.Errorf("cause %v, want %v: %+v", got, s.cause, f)
	}
	if from := f.Answer.ICMP.From; s.icmp == "" && from.IsValid() && f.Neighbour.State == Answers && s.cause != RoutingLoop ||
		s.icmp != "" && from != netip.MustParseAddr(s.icmp) {
		t.Errorf("ICMP from %v, want %q", from, s.icmp)
	}
}

// explore gathers the facts as a program would that explains a failure.
func explore(t *testing.T, s situation) *Facts {
	to := netip.MustParseAddrPort(s.to)
	f := &Facts{Way: Look("tcp", to), Network: "tcp", Port: to.Port()}
	ctx, cancel := context.WithTimeout(t.Context(), patience(s.cause))
	defer cancel()
	f.Answer = Probe(ctx, to)
	f.Again()
	ctx, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	f.Others = ProbeAll(ctx, Beside(to))
	return f
}

// patience returns how long an attempt may take: ARP gives up after 3 s.
func patience(c Cause) time.Duration {
	switch c {
	case NoSuchMachine, GatewayMute, RouterNoHost:
		return 20 * time.Second
	}
	return 2 * time.Second
}

// Nothing is sent but to the address that is asked about.
func TestNothingElseSent(t *testing.T) {
	if !lab.Enter(t) {
		return
	}
	router, _ := lab.Routed(t)
	router.Filter(t, "forward", "tcp dport 9999 drop")
	lab.This().Run(t, "nft add table ip count")
	lab.This().Run(t, "nft add chain ip count output '{ type filter hook output priority 0; }'")
	lab.This().Run(t, "nft add rule ip count output ip daddr 10.9.0.2 counter accept")
	lab.This().Run(t, "nft add rule ip count output counter")
	f := explore(t, situation{to: "10.9.0.2:9999"})
	Places("tcp", netip.MustParseAddrPort("0.0.0.0:9999"))
	if f.Judge() != HostDrops {
		t.Errorf("%+v", f)
	}
	out, err := exec.Command("nft", "list", "table", "ip", "count").Output()
	if err != nil {
		t.Fatal(err)
	}
	if there := strings.Contains(string(out), "daddr 10.9.0.2 counter packets 0"); there || strings.Count(string(out), "packets 0 ") != 1 {
		t.Errorf("sent: %s", out)
	}
}
