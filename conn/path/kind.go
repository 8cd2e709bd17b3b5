package path

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// A machine is what this machine shows of what it runs in.
type machine struct {
	container bool // Docker and Podman leave a file
	wsl       bool // Microsoft's kernel has a name
}

func readMachine() machine {
	exists := func(name string) bool {
		_, err := os.Stat(name)
		return err == nil
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return machine{
		container: exists("/.dockerenv") || exists("/run/.containerenv"),
		wsl:       strings.Contains(strings.ToLower(string(release)), "microsoft"),
	}
}

// kindOf returns the kind of network an address of this machine is on: by the name
// of the interface, by its vendor, by the range of the address.
func (m machine) kindOf(i net.Interface, p netip.Prefix) Kind {
	ip := p.Addr()
	if ip.IsLinkLocalUnicast() {
		return LinkLocal
	}
	if k := kindOfName(i.Name); k != Other {
		return k
	}
	switch vendor := vendorOf(i.HardwareAddr); {
	case m.container && paired(i) && (dockers().Contains(ip) || podmans().Contains(ip)):
		return ContainerGuest
	case m.wsl && ip.Is4() && i.Name == "eth0":
		return WSLGuest
	case vendor == VMwareGuest:
		return VMwareGuest
	case vendor == ContainerGuest && ip.Is4() && dockers().Contains(ip):
		return ContainerGuest
	}
	return kindOfAddr(ip)
}

// paired reports whether an interface is one end of a pair, as a container's
// is that has a network of its own.
func paired(i net.Interface) bool {
	other, err := os.ReadFile("/sys/class/net/" + i.Name + "/iflink")
	return err == nil && strings.TrimSpace(string(other)) != strconv.Itoa(i.Index)
}

// kindOfName knows the interfaces that programs make on the host of their
// guests.
func kindOfName(name string) Kind {
	for _, k := range [...]struct {
		begins string
		kind   Kind
	}{
		{"docker", ContainerHost}, {"podman", ContainerHost}, {"cni-podman", ContainerHost},
		{"lxcbr", ContainerHost}, {"lxdbr", ContainerHost}, {"cni0", ContainerHost}, {"br-", ContainerHost},
		{"virbr", LibvirtHost},
		{"vboxnet", HostOnly}, {"VirtualBox Host-Only", HostOnly},
		{"vmnet", VMwareHost}, {"VMware Network Adapter", VMwareHost},
		{"vEthernet (WSL", WSLHost},
		{"tun", Tunnel}, {"utun", Tunnel}, {"wg", Tunnel}, {"tailscale", Tunnel}, {"ppp", Tunnel},
	} {
		rest, ok := strings.CutPrefix(name, k.begins)
		if ok && (k.begins != "br-" || isHex(rest)) {
			return k.kind
		}
	}
	return Other
}

// isHex reports whether s is the part of a network's ID that Docker names a
// bridge after.
func isHex(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789abcdef") == "" }

// vendorOf knows by the hardware address what made an interface, where that
// says which network it is on: VMware's and Docker's.
func vendorOf(mac net.HardwareAddr) Kind {
	if len(mac) != 6 {
		return Other
	}
	switch [3]byte(mac[:3]) {
	case [3]byte{0x00, 0x0c, 0x29}, [3]byte{0x00, 0x50, 0x56}, [3]byte{0x00, 0x05, 0x69}:
		return VMwareGuest
	}
	if mac[0] == 0x02 && mac[1] == 0x42 {
		return ContainerGuest
	}
	return Other
}

// dockers returns the range that Docker takes its networks from first.
func dockers() netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 16}), 12) }

// podmans returns the range of Podman's first networks.
func podmans() netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 88}), 15) }

// kindOfAddr returns the kind of network that has such addresses. The ranges of
// VirtualBox, libvirt and Docker's first network are what these programs
// begin with; another network may have them too.
func kindOfAddr(ip netip.Addr) Kind {
	in := func(bits int, b ...byte) bool {
		return ip.Is4() && netip.PrefixFrom(netip.AddrFrom4([4]byte(append(b, 0, 0, 0, 0)[:4])), bits).Contains(ip)
	}
	switch {
	case ip.IsLoopback():
		return Loopback
	case ip.IsLinkLocalUnicast():
		return LinkLocal
	case in(24, 10, 0, 2):
		return NATGuest
	case in(24, 192, 168, 56):
		return HostOnly
	case in(24, 192, 168, 122):
		return LibvirtGuest
	case in(16, 172, 17):
		return ContainerGuest
	case carrier().Contains(ip):
		return Carrier
	case ip.IsPrivate():
		return LAN
	case ip.IsGlobalUnicast():
		return Public
	}
	return Other
}
