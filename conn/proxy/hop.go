package proxy

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"gonc/conn/addr"
)

// A hop is a target in the terms of the protocols: a number or a name.
type hop struct {
	ip   netip.Addr // not valid: name counts
	name string     // of a number, its zone
	port uint16
}

// parseHop refuses what no proxy can be asked for. A name is ASCII without
// spaces, controls and what URLs and HTTP give a meaning to, so that nothing
// in it can be mistaken for the end of a request.
func parseHop(a addr.Addr) (h hop, err error) {
	if a.Host == "" {
		return h, &addr.Error{Text: a.String(), Why: "has no host"}
	}
	if h.port, err = addr.ParsePort("tcp", a.Port); err != nil {
		return h, err
	}
	if h.port == 0 {
		return h, &addr.PortError{Text: a.Port, Why: "invalid"}
	}
	h.name = a.Host
	if h.ip, err = addr.ParseIP(a.Host); err == nil {
		h.ip, h.name = h.ip.Unmap(), h.ip.Zone()
	}
	return h, checkName(a.Host, h.name)
}

// checkName refuses a name, or a zone, in host.
func checkName(host, name string) error {
	strange := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`[]:/?#@\%"`, r) }
	switch i := strings.IndexFunc(name, strange); {
	case i >= 0:
		r, size := utf8.DecodeRuneInString(name[i:])
		e := &addr.Error{Text: host, Why: fmt.Sprintf("has a character that no host name has: %q", name[i:i+size])}
		if r >= utf8.RuneSelf && size > 1 {
			e.Hint = "write an internationalized name in its xn-- form"
		}
		return e
	case len(name) > 255: // RFC 1928 section 5: one octet of length
		return &addr.Error{Text: host[:32] + "...", Why: "is longer than 255 characters"}
	}
	return nil
}

// Check returns what can be told, before anything is connected to, of why
// a proxy of chain cannot be asked for what comes after it: the next proxy,
// and after the last one target. An error is an *addr.Error or a *addr.PortError.
func Check(chain []Proxy, target addr.Addr) error {
	for i := range chain {
		next := target
		if i+1 < len(chain) {
			next = chain[i+1].Address
		}
		if err := chain[i].check(next); err != nil {
			return err
		}
	}
	return nil
}

// check returns why p cannot be given next. Of a name that p is not given the
// resolver has to say what is wrong with it.
func (p *Proxy) check(next addr.Addr) error {
	own := p.DNS == "local" || p.DNS == "none" || p.Type == "socks4"
	if _, err := addr.ParseIP(next.Host); err != nil && own {
		return nil
	}
	h, err := parseHop(next)
	if err == nil && h.ip.Zone() != "" {
		err = &addr.Error{Text: next.Host, Why: "has a zone, which only this machine knows and no proxy can be given"}
	}
	return err
}
