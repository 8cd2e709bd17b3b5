package lab

import "testing"

// Pair joins this machine, 192.168.56.1 and fd56::1, to one that is
// 192.168.56.101 and fd56::101; both call the cable eth0.
func Pair(t *testing.T) (server *Machine) {
	server = New(t)
	Cable(t, This(), "eth0", "192.168.56.1/24 fd56::1/64", server, "eth0", "192.168.56.101/24 fd56::101/64")
	return server
}

// Routed makes a Pair with a router at its other end, the gateway of this machine,
// and a server behind it, 10.9.0.2 and fd09::2.
func Routed(t *testing.T) (router, server *Machine) {
	router, server = Pair(t), New(t)
	Cable(t, router, "eth1", "10.9.0.1/24 fd09::1/64", server, "eth0", "10.9.0.2/24 fd09::2/64")
	This().Run(t, "ip route add default via 192.168.56.101\nip route add default via fd56::101")
	server.Run(t, "ip route add default via 10.9.0.1\nip route add default via fd09::1")
	router.Run(t, "sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
	// One error a second to each host would not do for programs in a row.
	router.Run(t, "sysctl -q -w net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
	return router, server
}

// Guest returns a virtual machine behind NAT, 10.0.2.15, that listens on port 9999:
// its host 192.168.1.66 lets it out by masquerade, and nothing in. This machine
// is 192.168.1.2; what lies beyond its gateway answers nothing about private
// addresses.
func Guest(t *testing.T) (vm *Machine) {
	internet, host, vm := New(t), New(t), New(t)
	Cable(t, This(), "eth0", "192.168.1.2/26", internet, "eth0", "192.168.1.1/26")
	This().Run(t, "ip route add default via 192.168.1.1")
	internet.Run(t, "ip route add blackhole default")
	Cable(t, internet, "eth1", "192.168.1.65/26", host, "eth0", "192.168.1.66/26")
	Cable(t, host, "vm", "10.0.2.2/24", vm, "eth0", "10.0.2.15/24")
	host.Run(t, "sysctl -q -w net.ipv4.ip_forward=1")
	host.Run(t, "nft add table ip nat")
	host.Run(t, "nft add chain ip nat post '{ type nat hook postrouting priority 100; }'")
	host.Run(t, "nft add rule ip nat post oifname eth0 masquerade")
	vm.Listen(t, "tcp4", ":9999")
	return vm
}

// Filter adds a rule of nftables to a hook of a machine.
func (m *Machine) Filter(t *testing.T, hook, rule string) {
	t.Helper()
	m.Run(t, "nft add table inet filter")
	m.Run(t, "nft add chain inet filter "+hook+" '{ type filter hook "+hook+" priority 0; }'")
	m.Run(t, "nft add rule inet filter "+hook+" "+rule)
}
