package path

import (
	"math/bits"
	"net/netip"
	"testing"
)

// Every row is reached: there are facts for which it is the first that holds.
func TestTableReached(t *testing.T) {
	for i, r := range table {
		s := r.all
		if r.any != 0 && s&r.any == 0 {
			s |= 1 << bits.TrailingZeros64(uint64(r.any))
		}
		if s&r.none != 0 {
			t.Errorf("row %d contradicts itself", i)
		}
		if got := judge(s); got != r.cause {
			t.Errorf("row %d: facts %b yield %v, not %v", i, s, got, r.cause)
		}
	}
}

// Every cause has a row, and no attempt that failed in a known way is without
// a cause.
func TestTableWhole(t *testing.T) {
	var has [numCauses]bool
	for _, r := range table {
		has[r.cause] = true
	}
	for c := Unknown + 1; c < numCauses; c++ {
		if !has[c] {
			t.Errorf("cause %d has no row", c)
		}
	}
	for _, s := range []Set{wasRefused, wasSilent, wasUnreachable, wasDenied, wasClosed, wasReset} {
		for _, more := range []Set{0, isTCP, isOwn, isOn, isPrivate, viaGateway, hopAnswers, isOn | hopMute} {
			if judge(s|more) == Unknown && s|more != isOwn|wasUnreachable {
				t.Errorf("facts %b have no cause", s|more)
			}
		}
	}
}

// What the facts of an attempt are to the table.
func TestJudge(t *testing.T) {
	lan := Network{"eth0", netip.MustParsePrefix("192.168.1.2/24"), LAN}
	here := []Network{lan}
	addr := netip.MustParseAddr
	icmp := func(m ICMPMeaning, from string) ICMP { return ICMP{Meaning: m, From: addr(from)} }
	gateway := Route{Kind: Unicast, Gateway: addr("192.168.1.1")}
	for _, c := range []struct {
		name string
		Facts
		want Cause
	}{
		{"closed at once", Facts{Answer: Answer{Outcome: ClosedAtOnce}}, NothingBehind},
		{"reset", Facts{Answer: Answer{Outcome: ResetLater}}, ResetThere},
		{"UDP port", Facts{Network: "udp", Way: Way{To: addr("192.168.1.9"), Networks: here, On: &lan},
			Answer: Answer{Outcome: Refused, ICMP: icmp(NoPort, "192.168.1.9")}}, RefusedThere},
		{"own error", Facts{Network: "tcp", Way: Way{To: addr("192.168.1.9"), Networks: here, On: &lan},
			Answer: Answer{Outcome: Refused, ICMP: icmp(NoPort, "192.168.1.2")}}, RejectedHere},
		{"other address", Facts{Network: "tcp", Way: Way{To: addr("192.168.1.9"), Networks: here, On: &lan}, Answer: Answer{Outcome: Refused},
			Others: []Answer{{Addr: netip.MustParseAddrPort("[fd00::9]:80"), Outcome: Accepted}}}, OtherFamilyTakes},
		{"NAT guest on our network", Facts{Network: "tcp", Way: Way{To: addr("10.0.2.2"), Like: NATGuest, On: &lan, Neighbour: Neighbour{State: Answers}},
			Answer: Answer{Outcome: Silent}}, HostDrops},
		{"public", Facts{Network: "tcp", Way: Way{To: addr("198.51.100.1"), Networks: here, Route: gateway, Neighbour: Neighbour{State: Answers}},
			Answer: Answer{Outcome: Silent}}, Silence},
		{"private beyond", Facts{Network: "tcp", Way: Way{To: addr("10.1.1.1"), Networks: here, Route: gateway, Neighbour: Neighbour{State: Answers}},
			Answer: Answer{Outcome: Silent}}, PrivateBeyond},
		{"unreachable port", Facts{Network: "tcp", Way: Way{To: addr("10.1.1.1"), Networks: here, Route: gateway}, Answer: Answer{Outcome: Unreachable},
			Others: []Answer{{Addr: netip.MustParseAddrPort("10.1.1.1:80"), Outcome: Accepted}}}, PortRejected},
		{"router that lies", Facts{Network: "tcp", Way: Way{To: addr("10.1.1.1"), Networks: here, Route: gateway},
			Answer: Answer{Outcome: Unreachable, ICMP: icmp(NoHost, "192.168.1.1")},
			Others: []Answer{{Addr: netip.MustParseAddrPort("10.1.1.1:80"), Outcome: Refused}}}, RouterRejects},
		{"carrier", Facts{Network: "tcp", Way: Way{To: addr("100.64.0.1"), Networks: here, Route: gateway}, Answer: Answer{Outcome: Silent}}, PrivateBeyond},
	} {
		if got := c.Facts.Judge(); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
