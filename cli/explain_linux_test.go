package cli

import (
	"encoding/json"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gonc/internal/lab"
)

// A failure is a network in which a connect fails, and what is printed then.
type failure struct {
	name string
	make func(t *testing.T)
	args string
	hint string   // a regular expression
	seen []string // the same for lines of --explain
	slow bool     // nothing answers, so that it takes up to 10 s
}

func pair(t *testing.T) { lab.Pair(t) }

var failures = []failure{
	{"Refused", pair, "192.168.56.101 9999",
		`^that machine answered but refused this port; run ss -ltn there: 127\.0\.0\.1:9999 or \[::1\]:9999 means local clients only, `,
		[]string{`192\.168\.56\.101 is on a network of this machine: 192\.168\.56\.0/24 \(eth0, VirtualBox's host-only network\)`,
			`packets leave on eth0 from 192\.168\.56\.1, directly`,
			`192\.168\.56\.101 refused the connection after .* \(TCP reset\): it is on`,
			`192\.168\.56\.101 answers ARP: it is on`,
			`tried for comparison on [^ ]+: ports 9998, 10000, 22 and 80 refuse`}, false},
	{"NearPort", func(t *testing.T) { lab.Pair(t).Listen(t, "tcp4", ":9998") }, "192.168.56.101 9999",
		`^that machine answered but refused this port`, []string{`tried for comparison on [^ ]+: port 9998 takes connections`, `likely: .* refused port 9999, but accepts connections on port 9998`}, false},
	{"IPv6Only", func(t *testing.T) {
		server := lab.Pair(t)
		server.Run(t, "sysctl -q -w net.ipv6.bindv6only=1")
		server.Listen(t, "tcp6", ":9999")
		lab.Hosts(t, "192.168.56.101 vm\nfd56::101 vm\n")
	}, "-4 vm 9999", `^that machine answered but refused this port`,
		[]string{`vm is 192\.168\.56\.101, from line 1 of /etc/hosts`, `at fd56::101, .*, port 9999 takes connections`, `likely: that machine accepts connections on port 9999 at fd56::101`}, false},
	{"Drop", func(t *testing.T) { lab.Pair(t).Filter(t, "input", "tcp dport 9999 drop") }, "192.168.56.101 9999",
		`^192\.168\.56\.101 is on \(it answers ARP\), but a firewall drops what is sent to port 9999; allow the port in that machine's firewall`,
		[]string{`tried for comparison on [^ ]+: ports 9998, 10000, 22 and 80 refuse`, `no answer within (9\.9|10\.)`}, true},
	{"Reject", func(t *testing.T) { lab.Pair(t).Filter(t, "input", "tcp dport 9999 reject") }, "192.168.56.101 9999",
		`^a firewall on 192\.168\.56\.101 rejects it \(it sent ICMP port unreachable\); allow port 9999`,
		[]string{`192\.168\.56\.101 itself sent ICMP port unreachable after`}, false},
	{"NoARP", pair, "192.168.56.7 9999",
		`^no machine on this network \(192\.168\.56\.0/24, eth0\) has 192\.168\.56\.7; is it on, is the address right\?$`,
		[]string{`192\.168\.56\.7 does not answer ARP`}, true},
	{"NoRoute", pair, "192.168.57.101 9999",
		`^no route to 192\.168\.57\.101; this machine is on 192\.168\.56\.0/24 \(eth0\) and fd56::/64 \(eth0\); check the address`,
		[]string{`there is no route to it: this machine is on 192\.168\.56\.0/24 \(eth0\)`}, false},
	{"GatewayMute", func(t *testing.T) {
		lab.Pair(t)
		lab.This().Run(t, "ip route add default via 192.168.56.254")
	}, "198.51.100.1 9999", `^the gateway 192\.168\.56\.254 \(eth0\) does not answer ARP, so nothing gets out of this network; `,
		[]string{`198\.51\.100\.1 is on no network of this machine`, `packets leave on eth0 from 192\.168\.56\.1, through the gateway 192\.168\.56\.254`}, true},
	{"GatewaySilent", func(t *testing.T) {
		router, _ := lab.Routed(t)
		router.Run(t, "ip route add blackhole 198.51.100.0/24")
	}, "198.51.100.1 9999", `^a firewall drops it, the machine is off, or the address is not the server's; `,
		[]string{`the gateway 192\.168\.56\.101 answers ARP`, `tried for comparison on [^ ]+: ports 9998, 10000, 22 and 80 do not answer`}, true},
	{"GatewayNoRoute", func(t *testing.T) { lab.Routed(t) }, "198.51.100.1 9999",
		`^the router 192\.168\.56\.101 has no route to 198\.51\.100\.1; `, []string{`a router, 192\.168\.56\.101, sent ICMP network unreachable`}, false},
	{"GatewayRejects", func(t *testing.T) {
		router, _ := lab.Routed(t)
		router.Filter(t, "forward", "tcp dport 9999 reject with icmp admin-prohibited")
	}, "10.9.0.2 9999", `^the router 192\.168\.56\.101 rejects it by a rule \(it sent ICMP administratively prohibited\); `,
		[]string{`10\.9\.0\.2 is a private address on no network of this machine`}, false},
	{"NATGuest", func(t *testing.T) { lab.Guest(t) }, "10.0.2.15 9999",
		`^10\.0\.2\.15 is an address of a VM's NAT network, which no other machine can enter, not even the VM's host; forward a port of the VM's host`,
		[]string{`10\.0\.2\.15 is on no network of this machine, and in the range of the NAT network of a VirtualBox or QEMU VM`}, true},
	{"Container", func(t *testing.T) { lab.Guest(t) }, "172.17.0.2 9999",
		`^172\.17\.0\.2 is an address of a container network, which exists on the container's host only; publish the port \(docker run -p 9999:9999\)`, nil, true},
	{"WrongName", func(t *testing.T) {
		lab.Pair(t)
		lab.Hosts(t, "127.0.0.1 localhost\n192.168.56.7 vm # old\n")
	}, "vm 9999", `^no machine on this network .* has 192\.168\.56\.7; .* \(vm is 192\.168\.56\.7 by line 2 of /etc/hosts\)$`,
		[]string{`vm is 192\.168\.56\.7, from line 2 of /etc/hosts`}, true},
	{"OwnFirewall", func(t *testing.T) {
		lab.Pair(t)
		lab.This().Filter(t, "output", "tcp dport 9999 drop")
	}, "192.168.56.101 9999", `^this machine's own firewall drops it \(nftables, a rule of chain output in table inet filter\); `,
		[]string{`this machine's own firewall drops what is sent there`}, true},
	{"OwnFirewallRejects", func(t *testing.T) {
		lab.Pair(t)
		lab.This().Filter(t, "output", "tcp dport 9999 reject")
	}, "192.168.56.101 9999", `^this machine's own firewall rejects it \(`, []string{`this machine itself sent ICMP port unreachable`}, false},
	{"RouterNoHost", func(t *testing.T) { lab.Routed(t) }, "10.9.0.77 9999", ``,
		[]string{`a router, 192\.168\.56\.101, sent ICMP host unreachable`, `likely: the router 192\.168\.56\.101 is on the network of 10\.9\.0\.77 and finds no machine`}, true},
	{"Localhost", pair, "localhost 9999", `^localhost is this machine, not a virtual machine or container, and no process here listens on that port; `, nil, false},
	{"Elsewhere", func(t *testing.T) {
		lab.Pair(t)
		lab.This().Listen(t, "tcp4", "192.168.56.1:9999")
	}, "127.0.0.1 9999", `^127\.0\.0\.1 is this machine, and port 9999 has a listener at 192\.168\.56\.1 only; connect to that address, `, nil, false},
}

// TestFailures runs a client in each network: the hint without an option, the
// steps of --explain, the times, and that JSON has the same facts.
func TestFailures(t *testing.T) {
	skipShort(t)
	lab.Each(t, failures, func(f failure) string { return f.name }, testFailure)
}

func testFailure(t *testing.T, f failure) {
	if !lab.Enter(t) {
		return
	}
	f.make(t)
	text := fails(t, "-w 1.5 "+f.args)
	hint := regexp.MustCompile(`(?m)^gonc: hint: (.*)$`).FindStringSubmatch(text)
	if hint == nil || !regexp.MustCompile(f.hint).MatchString(hint[1]) {
		t.Errorf("the hint is not %s:\n%s", f.hint, text)
	}
	begin := time.Now()
	text = fails(t, "--explain "+f.args)
	limit := 2 * time.Second
	if f.slow {
		limit = 11 * time.Second
	}
	if took := time.Since(begin); took > limit+testSlack {
		t.Errorf("took %v", took)
	}
	for _, seen := range append(f.seen, `likely: `, `try: `) {
		if !regexp.MustCompile(`(?m)^gonc: ` + seen).MatchString(text) {
			t.Errorf("no %s in\n%s", seen, text)
		}
	}
	failsJSON(t, f, hint)
}

// testSlack allows for a loaded machine.
const testSlack = 5 * time.Second

// fails runs a client that fails, and returns what it wrote to standard error.
func fails(t *testing.T, args string) string {
	t.Helper()
	p := newProcess("gonc", strings.Fields(args)...)
	if err := p.start(); err != nil {
		t.Error(err)
		return ""
	}
	if status, err := p.wait(); err != nil || status != "1" {
		t.Errorf("gonc %s: status %s, %v", args, status, err)
	}
	return p.stderr.String()
}

// failsJSON checks that the events have the same hint and nothing else is
// written. Routers send one error a second, so that it may take several tries.
func failsJSON(t *testing.T, f failure, hint []string) {
	t.Helper()
	found := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if found = hintJSON(t, fails(t, "--json -w 1.5 "+f.args)); hint == nil || found == hint[1] {
			return
		}
		// A Linux router sends five errors at once and then one a second
		// (ip_error), of which a client and its probe take two.
		time.Sleep(3 * time.Second)
	}
	t.Errorf("JSON has the hint %q, not %q", found, hint[1])
}

// hintJSON returns the hint of the error among events.
func hintJSON(t *testing.T, events string) (hint string) {
	t.Helper()
	for line := range strings.Lines(events) {
		var e struct{ Time, Event, Hint string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		if _, err := time.Parse(time.RFC3339Nano, e.Time); err != nil {
			t.Error(err)
		}
		if e.Event == "error" {
			hint = e.Hint
		}
	}
	return hint
}

// A name with two addresses, of which one is dead: the transfer goes on.
func TestFailuresTwoAddresses(t *testing.T) {
	if !lab.Enter(t) {
		return
	}
	l := lab.Pair(t).Listen(t, "tcp4", ":9999")
	go serve(l, func(c net.Conn) { c.Write([]byte("reply")) })
	lab.Hosts(t, "192.168.56.7 vm\n192.168.56.101 vm\n")
	p := begin(t, gonc(nil, "--explain", "vm", "9999"))
	wantStatus(t, p, "0")
	wantPrinted(t, p, "reply")
	for _, line := range []string{
		"gonc: vm is 192.168.56.7, from line 1 of /etc/hosts",
		"gonc: vm is 192.168.56.101, from line 2 of /etc/hosts",
		"gonc: connected after",
		"Connection to vm (192.168.56.101) 9999 port",
	} {
		wantSaid(t, p, line)
	}
}

// An attempt without an answer is said after 3 s with -v, and a listener names
// the networks it is on, and the rule that keeps others out.
func TestFailuresSilenceAndBanner(t *testing.T) {
	skipShort(t)
	if !lab.Enter(t) {
		return
	}
	lab.Guest(t)
	text := fails(t, "-v -w 4 192.0.2.1 9999")
	if want := "Connecting to 192.0.2.1 port 9999 (tcp)\ngonc: no answer from 192.0.2.1 after 3.00 s, still trying\ngonc: hint: a firewall drops it"; !strings.HasPrefix(text, want) {
		t.Errorf("%s", text)
	}
	lab.This().Run(t, "ip addr add 10.0.2.15/24 dev eth0")
	lab.Cable(t, lab.This(), "docker0", "172.17.0.1/16", lab.New(t), "eth0", "172.17.0.2/16")
	lab.This().Filter(t, "input", "iifname eth0 tcp dport 9999 drop")
	for _, args := range []string{"-v -4 -l 9999", "--explain -4 -l 9999"} {
		p := begin(t, gonc(nil, strings.Fields(args)...))
		for _, line := range []string{
			`^gonc: at 192\.168\.1\.2 9999 \(eth0\): for the local network 192\.168\.1\.0/26; but this machine's firewall drops it \(nftables, a rule of chain input in table inet filter\)$`,
			`^gonc: at 10\.0\.2\.15 9999 \(eth0\): the NAT network of a VirtualBox or QEMU VM: nothing outside gets in, `,
			`^gonc: at 172\.17\.0\.1 9999 \(docker0\): the network of this machine's containers: for these only$`,
		} {
			if _, err := p.await(&p.stderr, line); err != nil {
				t.Error(err)
			}
		}
		p.kill()
	}
}

// Nothing is sent but to the host that was named.
func TestFailuresNothingElseSent(t *testing.T) {
	skipShort(t)
	if !lab.Enter(t) {
		return
	}
	router, _ := lab.Routed(t)
	router.Filter(t, "forward", "tcp dport 9999 drop")
	lab.This().Run(t, "nft add table ip count")
	lab.This().Run(t, "nft add chain ip count output '{ type filter hook output priority 0; }'")
	lab.This().Run(t, "nft add rule ip count output ip daddr 10.9.0.2 counter accept")
	lab.This().Run(t, "nft add rule ip count output counter")
	var all sync.WaitGroup
	for _, args := range []string{"--explain 10.9.0.2 9999", "-z --explain 10.9.0.2 9999 22", "-w 4 10.9.0.2 9999"} {
		all.Go(func() { fails(t, args) })
	}
	all.Wait()
	out, err := exec.Command("nft", "list", "table", "ip", "count").Output()
	if there := strings.Contains(string(out), "daddr 10.9.0.2 counter packets 0"); err != nil || there || strings.Count(string(out), "packets 0 ") != 1 {
		t.Errorf("sent: %v %s", err, out)
	}
}
