package message

import (
	"errors"
	"io"
	"strings"
	"syscall"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn/proxy"
)

// proxyPlace names a proxy.
func proxyPlace(e *proxy.Error) string {
	return "proxy " + e.Address.Host + " port " + e.Address.Port + " (" + e.Type + ")"
}

// describeUnreachable describes a proxy that could not be connected to.
func (t *Text) describeUnreachable(e *proxy.Error) (text, hint string) {
	_, hint = t.describeOwn(e.Err)
	return proxyPlace(e) + " " + e.Why + ": " + event.Reason(e.Err), hint
}

// describeProxy describes a proxy that was connected to.
func describeProxy(e *proxy.Error) string {
	text := proxyPlace(e) + " "
	if errors.As(e.Err, new(syscall.Errno)) {
		return text + "failed: " + event.Reason(e.Err) // not which call on which socket
	}
	text += e.Why
	if e.Reply != "" && !strings.Contains(e.Why, e.Reply) {
		text += `: "` + e.Reply + `"`
	}
	ended := errors.Is(e.Err, io.EOF) || errors.Is(e.Err, io.ErrUnexpectedEOF) || event.TimedOut(e.Err)
	if e.Err != nil && !ended && !strings.Contains(e.Why, e.Err.Error()) {
		text += ": " + event.Reason(e.Err)
	}
	return text
}

// proxyHint says what can be done about a proxy.
func (t *Text) proxyHint(h proxy.Hint) string {
	switch h {
	case proxy.HintTypeSOCKS4:
		return "it looks like a socks4 proxy; try " + t.spell(option.ProxyType) + " socks4"
	case proxy.HintTypeSOCKS5:
		return "it looks like a socks5 proxy; try " + t.spell(option.ProxyType) + " socks5"
	case proxy.HintTypeHTTP:
		return "it looks like an http proxy; try " + t.spell(option.ProxyType) + " http"
	case proxy.HintTypeOther:
		return "it may be a proxy of another type, or none"
	case proxy.HintNoConnect:
		return "it may be no proxy at all, or one without CONNECT"
	case proxy.HintForbidden:
		return "its rules forbid it; many proxies allow port 443 only"
	case proxy.HintTarget:
		return "the proxy could not reach it"
	case proxy.HintNumeric:
		return "write a numeric address, or leave " + t.spell(option.ProxyDNS) + " none out"
	}
	return t.proxyLoginHint(h)
}

// proxyLoginHint returns the hint about logins, and about what a type of proxy cannot do.
func (t *Text) proxyLoginHint(h proxy.Hint) string {
	switch h {
	case proxy.HintLogin:
		return "give it with " + t.spell(option.ProxyAuth) + " user:password"
	case proxy.HintCheckLogin:
		return "check what " + t.spell(option.ProxyAuth) + " says"
	case proxy.HintOnlyBasic:
		return "only Basic and Digest are known here"
	case proxy.HintUseSOCKS4A:
		return "use socks4a"
	case proxy.HintUseSOCKS5:
		return "use socks5 if the proxy has it"
	case proxy.HintUseIPv6Type:
		return "use socks5 or http if the proxy has it"
	}
	return ""
}
