package path

import (
	"net"
	"net/netip"
)

// A Kind is the kind of network that an address is on.
type Kind uint8

const (
	Other          Kind = iota // no network that is known by its address or interface
	Loopback                   // this machine alone
	LinkLocal                  // machines on the same link alone, RFC 3927, RFC 4291
	LAN                        // a network with private addresses, RFC 1918, RFC 4193
	Public                     // addresses that are valid in the Internet
	Carrier                    // behind the NAT of a carrier, or a VPN's: RFC 6598
	Tunnel                     // a VPN
	ContainerHost              // the bridge between this machine and its containers
	ContainerGuest             // a container's side of such a bridge
	LibvirtHost                // the bridge between this machine and its libvirt guests
	LibvirtGuest               // libvirt's NAT network 192.168.122.0/24
	NATGuest                   // the NAT of VirtualBox or QEMU, 10.0.2.0/24
	HostOnly                   // VirtualBox's host-only network 192.168.56.0/24
	VMwareHost                 // the networks between this machine and its VMware guests
	VMwareGuest                // an interface of a VMware guest
	WSLHost                    // the network between Windows and its WSL
	WSLGuest                   // WSL's side of it
)

// Closed reports whether the addresses of such a network mean something on one
// machine alone, its host, so that other machines can't reach them.
func (k Kind) Closed() bool {
	switch k {
	case ContainerHost, ContainerGuest, LibvirtHost, LibvirtGuest, NATGuest, HostOnly, VMwareHost, WSLHost, WSLGuest:
		return true
	}
	return false
}

// A Network is a network that this machine is on.
type Network struct {
	Interface string
	Prefix    netip.Prefix // this machine's address there, with the length of the prefix
	Kind      Kind
}

// holds reports whether ip is on the network, apart from being in its range:
// a link-local address is on the link that its zone names.
func (n *Network) holds(ip netip.Addr) bool {
	if zone := ip.Zone(); zone != "" && zone != n.Interface {
		return false
	}
	return n.Prefix.Contains(ip.WithZone(""))
}

// Networks returns the networks this machine is on by interfaces that are up,
// except for loopback.
func Networks() []Network {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var all []Network
	machine := readMachine()
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				all = append(all, Network{i.Name, p, machine.kindOf(i, p)})
			}
		}
	}
	return all
}
