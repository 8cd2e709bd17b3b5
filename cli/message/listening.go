package message

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"gonc/cli/event"
	"gonc/conn/addr"
	"gonc/conn/path"
)

// listening says where a listener listens and how it can be reached.
func (t *Text) listening(e event.Listening) (lines []event.Line) {
	for _, a := range e.At {
		lines = append(lines, event.Bare("Listening on %s", event.HostPort(a)))
	}
	if !t.Dialect.Hints {
		return lines
	}
	if strings.HasPrefix(e.Network, "unix") {
		return append(lines, t.tlsBanner(e, "", "")...)
	}
	port := addr.PortOf(e.At[0])
	switch {
	case len(e.Places) > 0:
		lines = append(lines, places(e, port)...)
	case isLoopback(e.At[0]):
		lines = append(lines, event.Named("reachable from this machine only: it listens on loopback"))
	default:
		lines = append(lines, event.Named("reachable from this machine only: it has no other address"))
	}
	if e.Explained {
		lines = append(lines, t.tries(e, port)...)
	}
	if e.Page {
		lines = append(lines, event.Named("open %s", pageURL(e, ownHost(e.At[0]), portText(port))))
	}
	host := ownHost(e.At[0])
	if len(e.Places) > 0 {
		host = e.Places[0].Prefix.Addr().String()
	}
	return append(lines, t.tlsBanner(e, host, portText(port))...)
}

// pageURL returns where the test page of a listener is.
func pageURL(e event.Listening, host, port string) string {
	scheme := "http://"
	if e.TLS != nil {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port) + "/"
}

func portText(port uint16) string { return strconv.Itoa(int(port)) }

// places has a line for each address, with the kind of its network: what is
// known here. Whether a firewall or a router lets others through is not, unless
// a rule was seen.
func places(e event.Listening, port uint16) (lines []event.Line) {
	doubt := false
	for _, p := range e.Places {
		text := fmt.Sprintf("at %s (%s): %s", placeText(e, p, port), p.Interface, reachText(p.Network, port))
		if p.Firewall != nil {
			text += fmt.Sprintf("; but this machine's firewall %s it (%s)", does(p.Firewall), ruleText(p.Firewall))
		}
		doubt = doubt || p.Firewall == nil && !p.Kind.Closed()
		lines = append(lines, event.Named("%s", text))
	}
	if doubt {
		lines = append(lines, event.Named("a firewall may be in the way, here or on the network"))
	}
	return lines
}

// placeText returns how to write an address with a port: as operands, or as a URL.
func placeText(e event.Listening, p path.Place, port uint16) string {
	ip := p.Prefix.Addr()
	if ip.Is6() && ip.IsLinkLocalUnicast() {
		ip = ip.WithZone("ZONE")
	}
	if e.Page {
		return pageURL(e, ip.String(), portText(port))
	}
	return ip.String() + " " + portText(port)
}

// reachText says from where an address of this machine can be reached at best.
func reachText(n path.Network, port uint16) string {
	switch n.Kind {
	case path.LAN:
		return "for the local network " + n.Prefix.Masked().String()
	case path.Public:
		return "for other machines, if the network allows it"
	case path.LinkLocal:
		return "for machines on the same link; ZONE is their own interface"
	case path.Carrier:
		return "a carrier's NAT or a VPN: for machines on it"
	case path.Tunnel:
		return "a VPN: for machines on it"
	case path.ContainerHost, path.LibvirtHost, path.VMwareHost, path.WSLHost:
		return kindText(n.Kind) + ": for these only"
	case path.ContainerGuest:
		return fmt.Sprintf("a container's network: for its host only; others need a published port (docker run -p %d:%d)", port, port)
	case path.LibvirtGuest:
		return "libvirt's NAT network: for the VM's host only; others need a port of the host that is forwarded"
	case path.NATGuest:
		return "the NAT network of a VirtualBox or QEMU VM: nothing outside gets in, not even the VM's host, unless a port of the host is forwarded"
	case path.HostOnly:
		return "VirtualBox's host-only network: for the VM's host and VMs on it"
	case path.VMwareGuest:
		return "a VMware VM's network: for the VM's host only, unless it is bridged"
	case path.WSLGuest:
		return "WSL's network: for this Windows only; others need netsh interface portproxy"
	}
	return "for machines on that network"
}

// tries has the commands to try from this machine and from others.
func (t *Text) tries(e event.Listening, port uint16) (lines []event.Line) {
	command := t.Dialect.Program + " -v"
	if e.Network == "udp" {
		command += " -u"
	}
	lines = append(lines, event.Named("try from this machine: %s %s %d", command, ownHost(e.At[0]), port))
	for _, p := range e.Places {
		where := "another machine"
		switch {
		case p.Kind == path.LinkLocal, p.Kind == path.NATGuest:
			continue
		case p.Kind.Closed():
			where = "the other side of " + p.Interface
		}
		lines = append(lines, event.Named("try from %s: %s %s %d", where, command, p.Prefix.Addr(), port))
	}
	return lines
}

func isLoopback(a net.Addr) bool {
	ap, err := netip.ParseAddrPort(a.String())
	return err == nil && ap.Addr().IsLoopback()
}

// ownHost returns the host under which this machine reaches a listener at a.
func ownHost(a net.Addr) string {
	ap, err := netip.ParseAddrPort(a.String())
	switch {
	case err != nil || ap.Addr() == netip.IPv4Unspecified():
		return "127.0.0.1"
	case ap.Addr() == netip.IPv6Unspecified():
		return "::1"
	}
	return ap.Addr().String()
}
