package message

import (
	"fmt"
	"strings"

	"gonc/conn/path"
)

// networksText says which networks this machine is on.
func networksText(networks []path.Network) string {
	var texts []string
	for _, n := range networks {
		if n.Kind != path.LinkLocal {
			texts = append(texts, fmt.Sprintf("%s (%s)", n.Prefix.Masked(), n.Interface))
		}
	}
	if len(texts) == 0 {
		return "this machine is on no network"
	}
	return "this machine is on " + strings.Join(texts, " and ")
}

// kindText says what is known of a kind of network; empty: nothing.
func kindText(k path.Kind) string {
	switch k {
	case path.LinkLocal:
		return "link-local"
	case path.LAN:
		return "a local network"
	case path.Public:
		return "public addresses"
	case path.Carrier:
		return "behind a carrier's NAT, or a VPN"
	case path.Tunnel:
		return "a VPN"
	case path.ContainerHost:
		return "the network of this machine's containers"
	case path.ContainerGuest:
		return "a container's network"
	case path.LibvirtHost:
		return "the network of this machine's libvirt VMs"
	case path.LibvirtGuest:
		return "libvirt's NAT network"
	case path.NATGuest:
		return "the NAT network of a VirtualBox or QEMU VM"
	case path.HostOnly:
		return "VirtualBox's host-only network"
	case path.VMwareHost:
		return "the network of this machine's VMware VMs"
	case path.VMwareGuest:
		return "a VMware VM's network"
	case path.WSLHost:
		return "the network of this machine's WSL"
	case path.WSLGuest:
		return "WSL's network"
	}
	return ""
}

// networkText names a network.
func networkText(n path.Network) string {
	text := fmt.Sprintf("%s (%s", n.Prefix.Masked(), n.Interface)
	if kind := kindText(n.Kind); kind != "" && n.Kind != path.LAN && n.Kind != path.Public {
		text += ", " + kind
	}
	return text + ")"
}

// onNetwork names the network that a target is on, behind a word.
func onNetwork(f *path.Facts) string {
	if f.On == nil {
		return ""
	}
	return fmt.Sprintf(" (%s, %s)", f.On.Prefix.Masked(), f.On.Interface)
}

// asking returns the protocol that finds a neighbour.
func asking(f *path.Facts) string {
	if f.Neighbour.Addr.Is4() {
		return "ARP"
	}
	return "neighbour discovery"
}

// privateText adds that an address is private.
func privateText(f *path.Facts) string {
	if !f.Private() {
		return ""
	}
	return ", which is a private address"
}

// aliveText says how it is known that a machine is on.
func aliveText(f *path.Facts) string {
	for _, o := range f.Others {
		if (o.Outcome == path.Accepted || o.Outcome == path.Refused) && o.Addr.Addr() == f.To {
			return fmt.Sprintf(" (it answers on port %d)", o.Addr.Port())
		}
	}
	if f.Neighbour.State == path.Answers {
		return fmt.Sprintf(" (it answers %s)", asking(f))
	}
	return ""
}

func does(r *path.Rule) string {
	if r.Reject {
		return "rejects"
	}
	return "drops"
}

// ruleText says where in the firewall something stands.
func ruleText(r *path.Rule) string {
	what := "a rule of"
	if r.Policy {
		what = "the policy of"
	}
	return fmt.Sprintf("nftables, %s chain %s in table %s %s", what, r.Chain, r.Family, r.Table)
}

// icmpText names an ICMP error.
func icmpText(e path.ICMP) string {
	name := "ICMP"
	if e.From.Is6() {
		name = "ICMPv6"
	}
	switch e.Meaning {
	case path.NoPort:
		if e.From.Is4() && e.Code == 2 {
			return name + " protocol unreachable"
		}
		return name + " port unreachable"
	case path.NoHost:
		return name + " host unreachable"
	case path.NoNet:
		return name + " network unreachable"
	case path.Prohibited:
		return name + " administratively prohibited"
	case path.TimeExceeded:
		return name + " time exceeded"
	}
	return fmt.Sprintf("%s type %d code %d", name, e.Type, e.Code)
}
