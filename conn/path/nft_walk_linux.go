package path

import (
	"bytes"
	"slices"

	"golang.org/x/sys/unix"
)

// A verdict is what a chain does with a packet.
type verdict uint8

const (
	goesOn verdict = iota // no rule was about it
	accepted
	dropped
	rejected
	returned
)

// A truth is whether a rule is about a packet of which not all is known.
type truth uint8

const (
	no truth = iota
	maybe
	yes
)

// A walk takes a packet through chains. It is sure of what it says: a rule
// that may or may not be about the packet drops nothing, and what comes after
// one that may accept it counts no more.
type walk struct {
	packet   *packet
	chains   []*chain
	rule     *Rule // what dropped or rejected it
	unsure   bool  // a rule that may be about it may have let it through
	accepted bool
}

// depth bounds how deep jumps go, as the kernel has it (NFT_JUMP_STACK_SIZE).
const depth = 16

func (w *walk) run(c *chain, level int) verdict {
	if level > depth {
		w.unsure = true
		return goesOn
	}
	for _, rule := range c.rules {
		r := evaluation{packet: w.packet, chain: c, about: yes}
		for _, e := range rule {
			r.step(text(attribute(e, unix.NFTA_EXPR_NAME)), attribute(e, unix.NFTA_EXPR_DATA))
		}
		if v := w.apply(c, &r, level); v != goesOn {
			return v
		}
	}
	return goesOn
}

// apply does what a rule says.
func (w *walk) apply(c *chain, r *evaluation, level int) verdict {
	switch {
	case r.about == no || r.does == goesOn && r.jump == "":
		return goesOn
	case r.jump != "":
		return w.follow(c, r, level)
	case r.about == maybe:
		w.unsure = w.unsure || r.does == accepted || r.does == returned
		return goesOn
	case w.unsure && r.does != returned:
		return accepted // it may have been let through before
	case r.does == accepted:
		w.accepted = true
	case r.does == dropped, r.does == rejected:
		w.rule = &Rule{Family: familyName(c.family), Table: c.table, Chain: c.name, Reject: r.does == rejected}
	}
	return r.does
}

// follow goes to the chain that a rule names.
func (w *walk) follow(c *chain, r *evaluation, level int) verdict {
	to := find(w.chains, c.family, c.table, r.jump)
	if to == nil {
		w.unsure = true
		return goesOn
	}
	if r.about == maybe {
		// What the other chain does is not certain either.
		inner := walk{packet: w.packet, chains: w.chains, unsure: w.unsure}
		v := inner.run(to, level+1)
		w.unsure = inner.unsure || v == accepted || r.ends
		return goesOn
	}
	v := w.run(to, level+1)
	switch {
	case v == returned && r.ends:
		return returned
	case v == returned:
		return goesOn
	case v == goesOn && r.ends:
		return returned
	}
	return v
}

// An evaluation is one rule on the way through its expressions.
type evaluation struct {
	packet *packet
	chain  *chain
	about  truth
	does   verdict
	jump   string // the chain to go to
	ends   bool   // and not to come back (goto)
	regs   [32][]byte
}

func (r *evaluation) and(t truth) { r.about = min(r.about, t) }

// step evaluates one expression. One that is not understood may hold.
func (r *evaluation) step(name string, b []byte) {
	if r.about == no {
		return
	}
	switch name {
	case "counter", "log", "notrack":
	case "meta":
		r.load(attribute(b, unix.NFTA_META_DREG), r.packet.meta(number(attribute(b, unix.NFTA_META_KEY))))
	case "payload":
		r.load(attribute(b, unix.NFTA_PAYLOAD_DREG), r.packet.payload(b))
	case "ct":
		r.load(attribute(b, unix.NFTA_CT_DREG), connection(number(attribute(b, unix.NFTA_CT_KEY))))
	case "bitwise":
		r.bitwise(b)
	case "cmp":
		r.compare(b)
	case "range":
		r.between(b)
	case "lookup":
		r.lookup(b)
	case "immediate":
		r.immediate(b)
	case "reject":
		r.does = rejected
	case "target":
		r.target(text(attribute(b, unix.NFTA_TARGET_NAME)))
	case "queue":
		r.does = accepted
		r.and(maybe)
	default:
		r.and(maybe)
	}
}

// target is a verdict of iptables.
func (r *evaluation) target(name string) {
	switch name {
	case "REJECT":
		r.does = rejected
	case "LOG", "NFLOG":
	default:
		r.does = accepted
		r.and(maybe)
	}
}

// register returns the number of a register in units of four bytes.
func register(v []byte) int {
	n := int(number(v))
	switch {
	case n >= unix.NFT_REG32_00 && n < unix.NFT_REG32_00+16:
		return n - unix.NFT_REG32_00
	case n >= unix.NFT_REG_1 && n <= unix.NFT_REG_4:
		return 4 * (n - unix.NFT_REG_1)
	}
	return len(evaluation{}.regs) - 1
}

func (r *evaluation) load(to []byte, v []byte) { r.regs[register(to)] = v }

func (r *evaluation) bitwise(b []byte) {
	from := r.regs[register(attribute(b, unix.NFTA_BITWISE_SREG))]
	mask := attribute(attribute(b, unix.NFTA_BITWISE_MASK), unix.NFTA_DATA_VALUE)
	flip := attribute(attribute(b, unix.NFTA_BITWISE_XOR), unix.NFTA_DATA_VALUE)
	to := attribute(b, unix.NFTA_BITWISE_DREG)
	if from == nil || len(mask) != len(from) || len(flip) != len(from) {
		r.load(to, nil)
		return
	}
	v := slices.Clone(from)
	for i := range v {
		v[i] = v[i]&mask[i] ^ flip[i]
	}
	r.load(to, v)
}

func (r *evaluation) compare(b []byte) {
	have := r.regs[register(attribute(b, unix.NFTA_CMP_SREG))]
	want := attribute(attribute(b, unix.NFTA_CMP_DATA), unix.NFTA_DATA_VALUE)
	if have == nil || len(have) < len(want) {
		r.and(maybe)
		return
	}
	order := bytes.Compare(have[:len(want)], want)
	var holds bool
	switch number(attribute(b, unix.NFTA_CMP_OP)) {
	case unix.NFT_CMP_EQ:
		holds = order == 0
	case unix.NFT_CMP_NEQ:
		holds = order != 0
	case unix.NFT_CMP_LT:
		holds = order < 0
	case unix.NFT_CMP_LTE:
		holds = order <= 0
	case unix.NFT_CMP_GT:
		holds = order > 0
	case unix.NFT_CMP_GTE:
		holds = order >= 0
	}
	r.holds(holds)
}

func (r *evaluation) between(b []byte) {
	have := r.regs[register(attribute(b, unix.NFTA_RANGE_SREG))]
	from := attribute(attribute(b, unix.NFTA_RANGE_FROM_DATA), unix.NFTA_DATA_VALUE)
	to := attribute(attribute(b, unix.NFTA_RANGE_TO_DATA), unix.NFTA_DATA_VALUE)
	if have == nil || len(from) != len(have) || len(to) != len(have) {
		r.and(maybe)
		return
	}
	in := bytes.Compare(have, from) >= 0 && bytes.Compare(have, to) <= 0
	r.holds(in == (number(attribute(b, unix.NFTA_RANGE_OP)) == unix.NFT_RANGE_EQ))
}

func (r *evaluation) holds(is bool) {
	if !is {
		r.and(no)
	}
}

func (r *evaluation) immediate(b []byte) {
	data := attribute(b, unix.NFTA_IMMEDIATE_DATA)
	v := attribute(data, unix.NFTA_DATA_VERDICT)
	if v == nil {
		r.load(attribute(b, unix.NFTA_IMMEDIATE_DREG), attribute(data, unix.NFTA_DATA_VALUE))
		return
	}
	switch int32(number(attribute(v, unix.NFTA_VERDICT_CODE))) {
	case 0: // NF_DROP
		r.does = dropped
	case unix.NFT_RETURN:
		r.does = returned
	case unix.NFT_JUMP:
		r.jump = text(attribute(v, unix.NFTA_VERDICT_CHAIN))
	case unix.NFT_GOTO:
		r.jump, r.ends = text(attribute(v, unix.NFTA_VERDICT_CHAIN)), true
	case unix.NFT_CONTINUE, unix.NFT_BREAK:
	default: // NF_ACCEPT
		r.does = accepted
	}
}
