package access

import (
	"context"
	"net/netip"
)

// A Lookup returns the addresses of a host name. A nil Lookup makes a name a
// bad pattern.
type Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

// Hosts is a set of addresses. Its zero value is empty. It must not be changed
// while Has is called.
//
// An IPv4-mapped IPv6 address is the IPv4 address in it, both in the set and
// in what is looked for. A zone counts only where a pattern has one.
type Hosts struct {
	// prefixes holds every network, and every address as one of full length;
	// lengths says which lengths there are, so that a search among 100,000
	// networks is a search for each length, and not for each network.
	prefixes map[netip.Prefix]struct{}
	lengths  [2][3]uint64 // of IPv4, of IPv6: a bit for each length
	zoned    map[netip.Addr]struct{}
	octets   []octets
}

// Has reports whether ip is in the set.
func (h *Hosts) Has(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsValid() {
		return false
	}
	if _, ok := h.zoned[ip]; ok {
		return true
	}
	ip = ip.WithZone("")
	lengths := &h.lengths[family(ip)]
	for bits := 0; bits <= ip.BitLen(); bits++ {
		if lengths[bits/64]&(1<<(bits%64)) == 0 {
			continue
		}
		p, _ := ip.Prefix(bits)
		if _, ok := h.prefixes[p]; ok {
			return true
		}
	}
	return ip.Is4() && h.hasOctets(ip.As4())
}

func (h *Hosts) hasOctets(ip [4]byte) bool {
	for i := range h.octets {
		if h.octets[i].has(ip) {
			return true
		}
	}
	return false
}

// family returns the index of ip's family in lengths.
func family(ip netip.Addr) int {
	if ip.Is4() {
		return 0
	}
	return 1
}

// addPrefix adds a network. One of IPv4-mapped addresses is one of IPv4.
func (h *Hosts) addPrefix(ip netip.Addr, bits int) {
	if ip.Is4In6() && bits >= 96 {
		ip, bits = ip.Unmap(), bits-96
	}
	p, _ := ip.Prefix(bits)
	if h.prefixes == nil {
		h.prefixes = make(map[netip.Prefix]struct{})
	}
	h.prefixes[p] = struct{}{}
	h.lengths[family(ip)][bits/64] |= 1 << (bits % 64)
}

// addAddr adds one address.
func (h *Hosts) addAddr(ip netip.Addr) {
	if ip = ip.Unmap(); ip.Zone() == "" {
		h.addPrefix(ip, ip.BitLen())
		return
	}
	if h.zoned == nil {
		h.zoned = make(map[netip.Addr]struct{})
	}
	h.zoned[ip] = struct{}{}
}
