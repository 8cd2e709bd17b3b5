package path

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// meta returns a property of the packet that is not in its bytes, or nil if it
// is not known.
func (p *packet) meta(key uint32) []byte {
	four := p.dst.Addr().Is4()
	switch key {
	case unix.NFT_META_PROTOCOL:
		if four {
			return binary.BigEndian.AppendUint16(nil, unix.ETH_P_IP)
		}
		return binary.BigEndian.AppendUint16(nil, unix.ETH_P_IPV6)
	case unix.NFT_META_NFPROTO:
		return []byte{familyProtocol(p.dst.Addr())}
	case unix.NFT_META_L4PROTO:
		return []byte{p.protocol()}
	case unix.NFT_META_IIFNAME:
		return p.nameOf(p.in)
	case unix.NFT_META_OIFNAME:
		return p.nameOf(p.out)
	case unix.NFT_META_IIF:
		return interfaceIndex(p.in)
	case unix.NFT_META_OIF:
		return interfaceIndex(p.out)
	}
	return nil
}

func (p *packet) protocol() byte {
	if p.network == "udp" {
		return unix.IPPROTO_UDP
	}
	return unix.IPPROTO_TCP
}

// nameOf returns the name of an interface as rules compare it, padded with zeros.
func (p *packet) nameOf(name string) []byte {
	if name == "" {
		return nil
	}
	return append([]byte(name), make([]byte, unix.IFNAMSIZ-min(len(name), unix.IFNAMSIZ))...)
}

// payload returns a field of the packet's headers, or nil if it is not known.
func (p *packet) payload(b []byte) []byte {
	base := number(attribute(b, unix.NFTA_PAYLOAD_BASE))
	offset, size := number(attribute(b, unix.NFTA_PAYLOAD_OFFSET)), number(attribute(b, unix.NFTA_PAYLOAD_LEN))
	type field struct{ base, offset, size uint32 }
	switch f := (field{base, offset, size}); {
	case f == field{unix.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2}:
		return binary.BigEndian.AppendUint16(nil, p.dst.Port())
	case base != unix.NFT_PAYLOAD_NETWORK_HEADER:
		return nil
	case p.dst.Addr().Is4():
		return p.payload4(offset, size)
	case f.offset == 6 && f.size == 1:
		return []byte{p.protocol()}
	case f.offset == 24 && f.size <= 16: // the front of it is a network
		return p.dst.Addr().AsSlice()[:f.size]
	case f.offset == 8 && f.size <= 16 && p.src.Is6():
		return p.src.AsSlice()[:f.size]
	}
	return nil
}

func (p *packet) payload4(offset, size uint32) []byte {
	switch {
	case offset == 9 && size == 1:
		return []byte{p.protocol()}
	case offset == 16 && size <= 4:
		return p.dst.Addr().AsSlice()[:size]
	case offset == 12 && size <= 4 && p.src.Is4():
		return p.src.AsSlice()[:size]
	}
	return nil
}

// connection returns what connection tracking knows of the first packet of a
// connection: that it is new.
func connection(key uint32) []byte {
	if key != unix.NFT_CT_STATE {
		return nil
	}
	const isNew = 8 // NF_CT_STATE_BIT(IP_CT_NEW)
	return binary.NativeEndian.AppendUint32(nil, isNew)
}

// lookup looks a field up in a set.
func (r *evaluation) lookup(b []byte) {
	key := r.regs[register(attribute(b, unix.NFTA_LOOKUP_SREG))]
	if attribute(b, unix.NFTA_LOOKUP_DREG) != nil { // a map, to verdicts for one
		r.does = accepted
		r.and(maybe)
		return
	}
	if key == nil {
		r.and(maybe)
		return
	}
	request := appendAttribute(nil, unix.NFTA_SET_ELEM_LIST_TABLE, append([]byte(r.chain.table), 0))
	request = appendAttribute(request, unix.NFTA_SET_ELEM_LIST_SET, attribute(b, unix.NFTA_LOOKUP_SET))
	s := set{key: key}
	for _, m := range nft(unix.NFT_MSG_GETSETELEM, r.chain.family, request) {
		for _, e := range attributes(attribute(m.body[nfgenmsg:], unix.NFTA_SET_ELEM_LIST_ELEMENTS)) {
			s.add(e)
		}
	}
	in := s.holds()
	if number(attribute(b, unix.NFTA_LOOKUP_FLAGS))&unix.NFT_LOOKUP_F_INV != 0 {
		in = yes - in
	}
	r.and(in)
}

// A set takes the elements of a set of nftables and finds out whether a key is
// in it. A set of intervals has their first values, and the values after their
// last ones with a flag.
type set struct {
	key       []byte
	exact     bool // the key is an element
	strange   bool // elements are no single fields
	intervals bool
	below     []byte // the greatest element below the key
	closes    bool   // below ends an interval
}

func (s *set) add(e []byte) {
	v := attribute(attribute(e, unix.NFTA_SET_ELEM_KEY), unix.NFTA_DATA_VALUE)
	closes := number(attribute(e, unix.NFTA_SET_ELEM_FLAGS))&unix.NFT_SET_ELEM_INTERVAL_END != 0
	s.intervals = s.intervals || closes
	switch order := bytes.Compare(v, s.key); {
	case len(v) != len(s.key):
		s.strange = true
	case order == 0 && !closes:
		s.exact = true
	case order == 0:
		s.below, s.closes = v, true
	case order < 0 && (bytes.Compare(v, s.below) > 0 || bytes.Equal(v, s.below) && !closes):
		s.below, s.closes = v, closes
	}
}

func (s *set) holds() truth {
	switch {
	case s.strange:
		return maybe
	case s.exact, s.intervals && s.below != nil && !s.closes:
		return yes
	}
	return no
}
