package option

import (
	"gonc/conn/addr"
	"gonc/conn/proxy"
)

// readProxies reads the proxies of the chain, once their type is known, and
// checks that each can be asked for what comes after it.
func (o *Options) readProxies() error {
	if o.proxyType != "" { // also where it has no effect
		kind, err := proxy.ParseType(o.proxyType)
		if err != nil {
			return &ValueError{ID: ProxyType, Name: o.Name(ProxyType), Text: o.proxyType, Why: NotAChoice, Err: err}
		}
		if o.Has(ProxyType) {
			o.ProxyType = kind
		}
	}
	for _, text := range o.proxyTexts {
		kind := text.fallback
		if o.ProxyType != "" && !o.Has(ProxyServer) { // of which it is the type then
			kind = o.ProxyType
		}
		p, err := proxy.Parse(text.text, kind)
		if err != nil {
			return &ValueError{ID: text.id, Name: o.Name(text.id), Err: err} // the text may hold a password
		}
		if p.DNS == "" {
			p.DNS = o.ProxyDNS
		}
		if p.Type == "socks4" && p.DNS == "remote" { // asked for, and only the extension can do it
			p.Type = "socks4a"
		}
		o.Proxies = append(o.Proxies, p)
	}
	if len(o.Proxies) == 0 {
		return nil
	}
	for _, f := range o.To {
		if id := o.proxyTexts[0].id; f.Network != "tcp" {
			return &ConflictError{A: id, B: To, NameA: o.Name(id), NameB: o.Name(To), Reason: ProxyCarriesTCP}
		}
	}
	for _, target := range o.proxyTargets() {
		if err := proxy.Check(o.Proxies, target); err != nil {
			return &OperandError{Problem: BadOperand, Text: target.Host, Err: err}
		}
	}
	return nil
}

// proxyTargets returns what the last proxy is to be asked for, as far as it is
// known.
func (o *Options) proxyTargets() []addr.Addr {
	if !o.Has(Listen) {
		return []addr.Addr{o.Target.Addr}
	}
	var targets []addr.Addr
	for _, f := range o.To {
		targets = append(targets, f.Addr)
	}
	return targets
}
