package path

import (
	"net/netip"
	"testing"

	"gonc/internal/lab"
)

// seen returns a rule or the policy of the chain input.
func seen(reject, policy bool) *Rule {
	return &Rule{Family: "inet", Table: "filter", Chain: "input", Reject: reject, Policy: policy}
}

// ruleset is a policy and rules as nft(8) takes them, and what they are seen to
// do to connections to 192.168.56.1 port 9999.
type ruleset struct {
	policy string
	rules  string
	want   *Rule
}

var rulesets = []ruleset{
	{"accept", "", nil},
	{"accept", "tcp dport 9999 drop", seen(false, false)},
	{"accept", "tcp dport 9998 drop", nil},
	{"accept", "udp dport 9999 drop", nil},
	{"accept", "tcp dport 9999 counter log reject", seen(true, false)},
	{"accept", "tcp dport 9999 reject with tcp reset", seen(true, false)},
	{"accept", "tcp dport 9000-9999 drop", seen(false, false)},
	{"accept", "tcp dport != 9000-9999 drop", nil},
	{"accept", "tcp dport { 22, 9999 } drop", seen(false, false)},
	{"accept", "tcp dport { 22, 80 } drop", nil},
	{"accept", "tcp dport { 22, 9000-10000 } drop", seen(false, false)},
	{"accept", "tcp dport { 22, 10000-10001 } drop", nil},
	{"accept", "tcp dport { 9000-9998, 10000 } drop", nil},
	{"accept", "tcp dport != { 22, 80 } drop", seen(false, false)},
	{"accept", "ip daddr 192.168.56.0/24 tcp dport 9999 drop", seen(false, false)},
	{"accept", "ip daddr 192.168.57.0/24 tcp dport 9999 drop", nil},
	{"accept", "ip saddr 192.168.56.9 tcp dport 9999 drop", nil},
	{"accept", `iifname "eth0" tcp dport 9999 drop`, seen(false, false)},
	{"accept", `iifname "eth*" tcp dport 9999 drop`, seen(false, false)},
	{"accept", `iifname "wlan0" tcp dport 9999 drop`, nil},
	{"accept", "iif lo tcp dport 9999 drop", nil},
	{"accept", "meta nfproto ipv6 tcp dport 9999 drop", nil},
	{"accept", "ct state established,related accept; tcp dport 9999 drop", seen(false, false)},
	{"accept", "ct state new tcp dport 9999 drop", seen(false, false)},
	{"accept", "limit rate 1/second accept; tcp dport 9999 drop", nil},
	{"accept", "limit rate 1/second drop; tcp dport 9999 accept", nil},
	{"accept", "tcp dport 9999 accept; drop", nil},
	{"accept", "tcp dport vmap { 9999 : accept }; drop", nil},
	{"accept", "jump other", &Rule{Family: "inet", Table: "filter", Chain: "other"}},
	{"accept", "jump back; tcp dport 9999 reject", seen(true, false)},
	{"drop", "ct state established,related accept; iif lo accept; tcp dport 22 accept", seen(false, true)},
	{"drop", "tcp dport 9999 accept", nil},
	{"drop", "ip saddr 192.168.56.9 accept", nil},
	{"drop", "goto back", seen(false, true)},
	{"drop", "tcp dport 9999 meta mark 7 accept", nil},
}

func TestFirewall(t *testing.T) {
	if !lab.Enter(t) {
		return
	}
	lab.Pair(t)
	at := netip.MustParseAddrPort("192.168.56.1:9999")
	for _, c := range rulesets {
		lab.This().Run(t, "nft 'flush ruleset; table inet filter {"+
			" chain other { tcp dport 9999 drop; }; chain back { tcp dport 9999 return; drop; };"+
			" chain input { type filter hook input priority 0; policy "+c.policy+"; "+c.rules+"; }; }'")
		places := Places("tcp", at)
		if len(places) != 1 {
			t.Fatalf("places %+v", places)
		}
		got := places[0].Firewall
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("policy %s, %s: %+v, want %+v", c.policy, c.rules, got, c.want)
		}
	}
}
