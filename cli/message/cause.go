package message

import (
	"fmt"
	"net/netip"
	"strings"

	"gonc/conn/path"
)

// A verdict is a likely cause in words, and what to try.
type verdict struct{ likely, try string }

// short returns the verdict in one line.
func (v verdict) short() string {
	if v.likely == "" || v.try == "" {
		return v.likely + v.try
	}
	return v.likely + "; " + v.try
}

// wordings have the words of all causes.
var wordings = [...]func(*path.Facts, path.Cause) verdict{hereWords, addressWords, firstHopWords, wayWords, thereWords}

// judge puts what the facts mean into words, and where a wrong address may have
// come from. Each cause has its words in one of these functions.
func judge(f *path.Facts) verdict {
	cause := f.Judge()
	for _, words := range wordings {
		v := words(f, cause)
		if v.likely == "" {
			continue
		}
		if f.Name.File != "" && !f.Own && f.Answer.Outcome != path.ClosedAtOnce && f.Answer.Outcome != path.ResetLater {
			v.try += fmt.Sprintf(" (%s is %s by line %d of %s)", f.Name.Name, f.To, f.Name.Line, f.Name.File)
		}
		return v
	}
	return verdict{}
}

// pathHint returns a short form of the verdict.
func pathHint(f *path.Facts) string {
	if f == nil {
		return ""
	}
	return judge(f).short()
}

// hereWords returns the verdict on what this machine does itself.
func hereWords(f *path.Facts, c path.Cause) verdict {
	to, port := f.To.String(), f.Port
	switch c {
	case path.FirewallHere:
		return verdict{fmt.Sprintf("this machine's own firewall %s it (%s)", does(f.Firewall), ruleText(f.Firewall)), "nft list ruleset shows the rules"}
	case path.RejectedHere:
		return verdict{"this machine itself rejects it, so a rule of its own firewall is likely", "look for the rule with nft list ruleset or iptables -S OUTPUT, as root"}
	case path.NoWay:
		return verdict{"no route to " + to + "; " + networksText(f.Networks), "check the address, or connect this machine to that network"}
	case path.WayBlocked:
		return verdict{"a route of this machine blocks " + to, "ip route get " + to + " shows it"}
	case path.DeniedHere:
		if f.Route.Kind == path.Multi {
			return verdict{} // a broadcast that was not allowed: the error has a hint
		}
		return verdict{"a rule of this machine forbids it: its firewall, or what confines this program", "look for the rule, as root"}
	case path.ListensElsewhere:
		return verdict{
			fmt.Sprintf("%s is this machine, and port %d has a listener at %s only", hostText(f), port, listText(f.Listening)),
			"connect to that address, or have the server listen on " + every(f),
		}
	case path.SameNATAddress:
		return verdict{
			to + " is this machine itself: every VM behind VirtualBox's or QEMU's NAT has that address",
			"give both VMs a host-only, internal or bridged network and use their addresses there",
		}
	case path.NothingHere:
		return nothingHere(f)
	case path.FullHere:
		return verdict{"this machine itself does not answer on that port: a program that does not accept its connections, or a firewall here", "look at Recv-Q of the port with ss -ltn"}
	}
	return verdict{}
}

func nothingHere(f *path.Facts) verdict {
	not, where := "", ""
	if f.Like == path.Loopback {
		not = ", not a virtual machine or container"
	}
	if !path.Complete {
		where = " at that address"
	}
	return verdict{
		fmt.Sprintf("%s is this machine%s, and no process here listens on that port%s", hostText(f), not, where),
		"start the server here, or use the address of the machine that it runs on",
	}
}

// hostText returns the target as the user wrote it.
func hostText(f *path.Facts) string {
	if f.Name.Name != "" {
		return f.Name.Name
	}
	return f.To.String()
}

// every returns the unspecified address of the target's family.
func every(f *path.Facts) string {
	if f.To.Is4() {
		return "0.0.0.0"
	}
	return "::"
}

// addressWords returns the verdict on addresses that mean something on one machine only.
func addressWords(f *path.Facts, c path.Cause) verdict {
	to := f.To.String()
	switch c {
	case path.NATAddress:
		return verdict{
			to + " is an address of a VM's NAT network, which no other machine can enter, not even the VM's host",
			"forward a port of the VM's host to the VM and connect to the host, or give the VM a bridged or host-only adapter",
		}
	case path.ContainerAddress:
		return verdict{
			to + " is an address of a container network, which exists on the container's host only",
			fmt.Sprintf("publish the port (docker run -p %d:%d) and connect to the host", f.Port, f.Port),
		}
	case path.LibvirtAddress:
		return verdict{
			to + " is an address of libvirt's NAT network, which no machine but the VM's host can enter",
			"forward a port of the host to the VM, or give the VM a bridged network",
		}
	case path.HostOnlyAddress:
		return verdict{
			to + " is an address of VirtualBox's host-only network, and this machine is not on it; " + networksText(f.Networks),
			"connect from the VM's host or set up the host-only adapter, or give the VM a bridged adapter",
		}
	case path.PrivateBeyond:
		return verdict{
			to + " is a private address beyond the networks of this machine; " + networksText(f.Networks),
			"check the address; a route or VPN to its network may be missing, or a firewall there drops it",
		}
	}
	return verdict{}
}

// firstHopWords returns the verdict on what is on the same link.
func firstHopWords(f *path.Facts, c path.Cause) verdict {
	to := f.To.String()
	switch c {
	case path.GatewayMute:
		return verdict{
			fmt.Sprintf("the gateway %s (%s) does not answer %s, so nothing gets out of this network", f.Neighbour.Addr, f.Route.Interface, asking(f)),
			"is it on, and is its address right? ip route shows it",
		}
	case path.NoSuchMachine:
		return verdict{fmt.Sprintf("no machine on this network%s has %s", onNetwork(f), to), "is it on, is the address right?"}
	case path.PortRejected:
		return verdict{
			fmt.Sprintf("%s is on%s, but a firewall rejects what is sent to port %d", to, aliveText(f), f.Port),
			"allow the port in that machine's firewall, or in what is between",
		}
	case path.HostDrops:
		return verdict{
			fmt.Sprintf("%s is on%s, but a firewall drops what is sent to port %d", to, aliveText(f), f.Port),
			"allow the port in that machine's firewall, or in what is between",
		}
	}
	return verdict{}
}

// wayWords returns the verdict on what routers said.
func wayWords(f *path.Facts, c path.Cause) verdict {
	to, from := f.To.String(), f.Answer.ICMP.From.String()
	switch c {
	case path.HostRejects:
		return verdict{
			fmt.Sprintf("a firewall on %s rejects it (it sent %s)", to, icmpText(f.Answer.ICMP)),
			fmt.Sprintf("allow port %d in its firewall", f.Port),
		}
	case path.RouterRejects:
		return verdict{
			fmt.Sprintf("the router %s rejects it by a rule (it sent %s)", from, icmpText(f.Answer.ICMP)),
			"change that rule, or use another route",
		}
	case path.RouterNoHost:
		return verdict{fmt.Sprintf("the router %s is on the network of %s and finds no machine with that address", from, to), "is it on, is the address right?"}
	case path.RouterNoRoute:
		return verdict{
			fmt.Sprintf("the router %s has no route to %s%s", from, to, privateText(f)),
			"check the address; if it is right, that router needs a route, or this machine a VPN to that network",
		}
	case path.RoutingLoop:
		return verdict{
			fmt.Sprintf("what is sent to %s takes too many hops, most likely in a circle (%s gave up)", to, from),
			"traceroute " + to + " shows it; a time to live that was set may be too small",
		}
	case path.Silence:
		return verdict{"a firewall drops it, the machine is off, or the address is not the server's", "is the address right? try from a machine closer to it"}
	case path.OutOfReach:
		return verdict{"the machine is off, or no route leads to it", "is it on, is the address right?"}
	}
	return verdict{}
}

// thereWords returns the verdict on a machine that answered.
func thereWords(f *path.Facts, c path.Cause) verdict {
	port := f.Port
	switch c {
	case path.OtherFamilyTakes:
		return verdict{
			fmt.Sprintf("that machine accepts connections on port %d at %s", port, takenAt(f)),
			"connect there, or have the server listen on " + every(f) + " too",
		}
	case path.NearPortTakes:
		return verdict{
			fmt.Sprintf("that machine answered and refused port %d, but accepts connections on port %d", port, nearPort(f)),
			"is the number right?",
		}
	case path.RefusedThere:
		if f.Network == "udp" {
			return verdict{"that machine answered but nothing receives on this UDP port", "run ss -lun there to see the ports in use"}
		}
		return verdict{
			"that machine answered but refused this port",
			fmt.Sprintf("run ss -ltn there: 127.0.0.1:%d or [::1]:%d means local clients only, 0.0.0.0:%d a firewall, no :%d a server that is not running", port, port, port, port),
		}
	case path.NothingBehind:
		return verdict{
			"the peer accepted the connection and closed it at once without a byte, as a forwarder (Docker, ssh -L, a VM's port forwarding) with nothing behind it does, or a server that refuses this client",
			"check that the server runs there and listens on 0.0.0.0, not on 127.0.0.1 of the container or VM",
		}
	case path.ResetThere:
		return verdict{
			"the peer accepted the connection and reset it, as a forwarder with nothing behind it does, or a server that refuses this client",
			"check that the server runs, and look at its log",
		}
	}
	return verdict{}
}

func nearPort(f *path.Facts) uint16 {
	for _, o := range f.Others {
		if d := int(o.Addr.Port()) - int(f.Port); o.Outcome == path.Accepted && (d == 1 || d == -1) {
			return o.Addr.Port()
		}
	}
	return 0
}

func takenAt(f *path.Facts) netip.Addr {
	for _, o := range f.Others {
		if o.Outcome == path.Accepted && o.Addr.Addr() != f.To {
			return o.Addr.Addr()
		}
	}
	return netip.Addr{}
}

func listText(addrs []netip.Addr) string {
	texts := make([]string, len(addrs))
	for i, a := range addrs {
		texts[i] = a.String()
	}
	return strings.Join(texts, " and ")
}
