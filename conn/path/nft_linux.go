package path

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// incoming reads nftables as they are for a new connection that comes in on
// an interface. Only root may.
func incoming(network string, at netip.AddrPort, name string) *Rule {
	p := packet{network: network, dst: at, in: name}
	return p.stopped(unix.NF_INET_LOCAL_IN)
}

// outgoing does for a connection from this machine what incoming does for one to
// it.
func outgoing(network string, to netip.AddrPort, r Route) *Rule {
	p := packet{network: network, dst: to, src: r.Source, out: r.Interface}
	return p.stopped(unix.NF_INET_LOCAL_OUT)
}

// A packet is the first one of a connection, as far as it is known.
type packet struct {
	network string
	dst     netip.AddrPort
	src     netip.Addr // invalid: not known
	in, out string     // interfaces, "" for none or not known
}

// A chain is a chain of nftables and its rules. Of a chain that no hook is
// bound to, hook is -1.
type chain struct {
	family   byte
	table    string
	name     string
	hook     int
	priority int32
	drops    bool       // its policy
	rules    [][][]byte // expressions
}

// stopped returns the rule that stops the packet at a hook.
func (p *packet) stopped(hook int) *Rule {
	if unix.Geteuid() != 0 {
		return nil
	}
	chains := readChains()
	var base []*chain
	for _, c := range chains {
		if c.hook == hook && (c.family == unix.NFPROTO_INET || c.family == familyProtocol(p.dst.Addr())) {
			base = append(base, c)
		}
	}
	slices.SortStableFunc(base, func(a, b *chain) int { return int(a.priority) - int(b.priority) })
	for _, c := range base {
		w := walk{packet: p, chains: chains}
		switch w.run(c, 0) {
		case dropped, rejected:
			return w.rule
		}
		if c.drops && !w.unsure && w.rule == nil && !w.accepted {
			return &Rule{Family: familyName(c.family), Table: c.table, Chain: c.name, Policy: true}
		}
	}
	return nil
}

func familyProtocol(ip netip.Addr) byte {
	if ip.Is4() {
		return unix.NFPROTO_IPV4
	}
	return unix.NFPROTO_IPV6
}

func familyName(f byte) string {
	switch f {
	case unix.NFPROTO_IPV4:
		return "ip"
	case unix.NFPROTO_IPV6:
		return "ip6"
	}
	return "inet"
}

// nfgenmsg is the size of what every message begins with: family, version, 0.
const nfgenmsg = 4

// nft dumps one kind of object of nftables. The body of an answer begins with
// the family.
func nft(kind uint16, family byte, request []byte) []netlinkMessage {
	body := append([]byte{family, unix.NFNETLINK_V0, 0, 0}, request...)
	all, err := netlink(unix.NETLINK_NETFILTER, unix.NFNL_SUBSYS_NFTABLES<<8|kind, unix.NLM_F_DUMP, body)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(m netlinkMessage) bool { return len(m.body) < nfgenmsg })
}

// readChains reads all chains that packets of IP may go through.
func readChains() (all []*chain) {
	for _, m := range nft(unix.NFT_MSG_GETCHAIN, unix.NFPROTO_UNSPEC, nil) {
		if f := m.body[0]; f == unix.NFPROTO_INET || f == unix.NFPROTO_IPV4 || f == unix.NFPROTO_IPV6 {
			all = append(all, parseChain(f, m.body[nfgenmsg:]))
		}
	}
	if len(all) == 0 {
		return nil
	}
	for _, m := range nft(unix.NFT_MSG_GETRULE, unix.NFPROTO_UNSPEC, nil) {
		b := m.body[nfgenmsg:]
		table, name := text(attribute(b, unix.NFTA_RULE_TABLE)), text(attribute(b, unix.NFTA_RULE_CHAIN))
		if c := find(all, m.body[0], table, name); c != nil {
			var expressions [][]byte
			for _, e := range attributes(attribute(b, unix.NFTA_RULE_EXPRESSIONS)) {
				expressions = append(expressions, e)
			}
			c.rules = append(c.rules, expressions)
		}
	}
	return all
}

func parseChain(family byte, b []byte) *chain {
	c := &chain{family: family, hook: -1}
	for kind, v := range attributes(b) {
		switch kind {
		case unix.NFTA_CHAIN_TABLE:
			c.table = text(v)
		case unix.NFTA_CHAIN_NAME:
			c.name = text(v)
		case unix.NFTA_CHAIN_POLICY:
			c.drops = number(v) == 0 // NF_DROP
		case unix.NFTA_CHAIN_HOOK:
			c.hook = int(number(attribute(v, unix.NFTA_HOOK_HOOKNUM)))
			c.priority = int32(number(attribute(v, unix.NFTA_HOOK_PRIORITY)))
		}
	}
	return c
}

func find(all []*chain, family byte, table, name string) *chain {
	for _, c := range all {
		if c.family == family && c.table == table && c.name == name {
			return c
		}
	}
	return nil
}

// number reads an attribute that is a number in network byte order.
func number(v []byte) uint32 {
	if len(v) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(v)
}

// interfaceIndex returns the index of an interface in the form that rules compare.
func interfaceIndex(name string) []byte {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil
	}
	return binary.NativeEndian.AppendUint32(nil, uint32(i.Index))
}
