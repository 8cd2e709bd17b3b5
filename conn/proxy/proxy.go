// Package proxy speaks SOCKS 4, 4a and 5 and HTTP with proxies, over connections
// that were made to them, and as a proxy with its clients.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"gonc/conn/addr"
	"gonc/conn/deadline"
)

// A Proxy is a server that is asked to connect to somewhere else. The zero
// value is not useful: Type and Address have to be set.
type Proxy struct {
	// Type is the protocol: socks4, socks4a, socks5 or http (CONNECT). It
	// decides what a target may be: socks4 carries IPv4 addresses, socks4a
	// also names, the other two everything.
	Type string

	// Address is where the proxy listens (TCP).
	Address addr.Addr

	// User and Password are the login: user and password of socks5 (RFC 1929)
	// and of http (Basic, RFC 7617), the user id of socks4 and socks4a, which
	// know no password. Both empty: no login is offered.
	User, Password string

	// Digest is the Challenge of an Error, which http answers instead of
	// sending the login by Basic.
	Digest *Challenge

	// DNS says where the name of a target is resolved: "remote" or empty, at
	// the proxy; "local", on this machine; "both", on this machine and, when
	// that fails, at the proxy; "none", nowhere, so that a name is an error. socks4 carries
	// no names, so this machine resolves them there unless it is "none".
	DNS string
}

// An Error is a failure of a proxy, which could not be asked, did not do what it was
// asked for, or could not be understood.
type Error struct {
	Type    string    // the proxy's, as in Proxy
	Address addr.Addr // the proxy's
	Target  addr.Addr // what it was to connect to

	// Code is the answer of the proxy: the status of HTTP, the reply code of
	// SOCKS. It means nothing when Reply is empty.
	Code int

	// Reply is Code in words: the status line of HTTP, the RFC's words of
	// SOCKS. Empty when the proxy gave no such answer. Safe to print between double quotes: it
	// is one line, of bounded length, and what is not printable is escaped.
	Reply string

	// Login reports that the proxy wants a user and a password, or another
	// one than it got.
	Login bool

	// Digest is a challenge that the same proxy takes an answer to, over
	// another connection; nil: it has none, or takes Basic too.
	Digest *Challenge

	Why  string // a phrase that follows the proxy's name: "refused the login"
	Hint Hint   // what to do about it
	Err  error  // of connecting, reading, writing or the context; nil when the proxy did answer

	// Unreachable reports that the proxy itself could not be connected to; Err
	// says why.
	Unreachable bool
}

// NotReached reports whether the proxy says that it could not reach the target:
// RFC 1928 section 6, replies 3 to 6, or a gateway's error of HTTP.
func (e *Error) NotReached() bool {
	return e.Hint == HintTarget || e.Type == "socks5" && e.Reply != "" && 3 <= e.Code && e.Code <= 6
}

// A Hint is what can be done about an Error.
type Hint int

// The hints. HintType... are that the proxy seems to be of another type than
// it was taken for.
const (
	NoHint          Hint = iota
	HintTypeSOCKS4       // it looks like SOCKS 4
	HintTypeSOCKS5       // it looks like SOCKS 5
	HintTypeHTTP         // it looks like HTTP
	HintTypeOther        // it may be of another type, or no proxy
	HintNoConnect        // it may be no proxy, or one without CONNECT
	HintForbidden        // its rules forbid it; many proxies allow port 443 only
	HintTarget           // the proxy could not reach the target
	HintLogin            // a login has to be given
	HintCheckLogin       // the login that was given is wrong
	HintOnlyBasic        // only Basic and Digest are known here
	HintNumeric          // the target has to be numeric, or names have to be resolved
	HintUseSOCKS4A       // SOCKS 4A can do it
	HintUseSOCKS5        // SOCKS 5 can do it
	HintUseIPv6Type      // SOCKS 5 and HTTP can do it
)

func (e *Error) Error() string {
	return fmt.Sprintf("proxy %s (%s) %s", e.Address, e.Type, e.Why)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Local reports whether the cause is on this machine.
func (e *Error) Local() bool {
	var cause interface{ Local() bool }
	return errors.As(e.Err, &cause) && cause.Local()
}

// AboutTarget reports whether the proxy did what it was asked for and has said
// that the target cannot be connected to; other errors are about the proxy.
func (e *Error) AboutTarget() bool {
	if e.Reply == "" || e.Login {
		return false
	}
	switch e.Type {
	case "socks5":
		return 3 <= e.Code && e.Code <= 6 || e.Code == 1
	case "http":
		return 502 <= e.Code && e.Code <= 504
	}
	return e.Code == 91 // SOCKS 4 has one reply for everything
}

// Refused reports whether the target refused the connection, as far as the
// protocol of the proxy tells.
func (e *Error) Refused() bool { return e.Type == "socks5" && e.Reply != "" && e.Code == 5 }

// Unreachable returns the error of a proxy that could not be connected to for
// target, because of err.
func (p *Proxy) Unreachable(target addr.Addr, err error) *Error {
	return &Error{Type: p.Type, Address: p.Address, Target: target, Why: "could not be reached", Unreachable: true, Err: err}
}

// ParseType returns the type of proxy that name stands for: OpenBSD's 4, 4a,
// 5 and connect mean socks4, socks4a, socks5 and http. Case does not matter.
func ParseType(name string) (string, error) {
	switch strings.ToLower(name) {
	case "4", "socks4":
		return "socks4", nil
	case "4a", "socks4a":
		return "socks4a", nil
	case "5", "socks5":
		return "socks5", nil
	case "connect", "http":
		return "http", nil
	}
	return "", fmt.Errorf("proxy type %q is not one of socks4, socks4a, socks5, http", name)
}

// Parse reads a proxy as a user writes it: host, host:port, an IPv6
// address with or without brackets, or a URL with one of the schemes socks4,
// socks4a, socks5, socks5h, socks and http, which may hold a login
// (socks5://user:password@host:port, percent-encoded). defaultType is the type
// of what is not a URL, and of socks:// if it is one of SOCKS (else socks5).
// socks5h sets DNS to "remote", which curl means by it; the others leave it
// empty. Without a port it is 1080, and 3128 for http.
//
// An error is an *addr.Error or a *addr.PortError, and never holds the password.
func Parse(s, defaultType string) (Proxy, error) {
	scheme, rest, isURL := strings.Cut(s, "://")
	if !isURL {
		return proxyAt(Proxy{Type: defaultType}, s)
	}
	p, err := proxyOfScheme(scheme, defaultType)
	if err != nil {
		return Proxy{}, err
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		if err := p.setLogin(rest[:i]); err != nil {
			return Proxy{}, &addr.Error{Text: scheme + "://***@" + rest[i+1:], Why: "has a login with a bad escape",
				Hint: "write % as %25"}
		}
		rest = rest[i+1:]
	}
	// RFC 6874: the % before the zone of an IPv6 address is escaped in a URL.
	rest = strings.Replace(strings.TrimSuffix(rest, "/"), "%25", "%", 1)
	return proxyAt(p, rest)
}

func proxyOfScheme(scheme, defaultType string) (Proxy, error) {
	switch scheme = strings.ToLower(scheme); scheme {
	case "socks4", "socks4a", "socks5", "http":
		return Proxy{Type: scheme}, nil
	case "socks5h":
		return Proxy{Type: "socks5", DNS: "remote"}, nil
	case "socks":
		if strings.HasPrefix(defaultType, "socks") {
			return Proxy{Type: defaultType}, nil
		}
		return Proxy{Type: "socks5"}, nil
	}
	return Proxy{}, &addr.Error{Text: scheme + "://", Why: "is not a known kind of proxy",
		Hint: "socks4://, socks4a://, socks5:// and http:// are"}
}

func (p *Proxy) setLogin(s string) (err error) {
	user, password, _ := strings.Cut(s, ":")
	if p.User, err = url.PathUnescape(user); err != nil {
		return err
	}
	p.Password, err = url.PathUnescape(password)
	return err
}

// proxyAt returns p with the address that s is.
func proxyAt(p Proxy, s string) (Proxy, error) {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return Proxy{}, &addr.Error{Text: "***@" + s[i+1:], Why: "has a login, which only a URL can have",
			Hint: fmt.Sprintf("write %s://user:password@%s", p.Type, s[i+1:])}
	}
	a, err := p.splitAddress(s)
	if err == nil {
		_, err = parseHop(a)
	}
	if err != nil {
		return Proxy{}, err
	}
	p.Address = a
	return p, nil
}

// splitAddress splits s like addr.Split, with a default port.
func (p *Proxy) splitAddress(s string) (addr.Addr, error) {
	port := "1080" // IANA's, for SOCKS
	if p.Type == "http" {
		port = "3128" // Squid's, which OpenBSD nc and ncat took over
	}
	switch inner := addr.ParseHost(s); {
	case inner != s:
		return addr.Addr{Host: inner, Port: port}, nil
	case addr.IsIPv6(s):
		return addr.Addr{Host: s, Port: port}, portlessIPv6(s)
	case !strings.ContainsAny(s, ":[]"):
		return addr.Addr{Host: s, Port: port}, nil
	}
	return addr.Split(s)
}

// portlessIPv6 refuses an IPv6 address that, without its last group, would be
// one too: 2001:db8::1:1080 is as likely to be meant as one with a port.
func portlessIPv6(s string) error {
	i := strings.LastIndexByte(s, ':')
	_, err := strconv.ParseUint(s[i+1:], 10, 16)
	if err != nil || !addr.IsIPv6(s[:i]) {
		return nil
	}
	return &addr.Error{Text: s, Why: "may or may not end in a port",
		Hint: fmt.Sprintf("write [%s]:%s or [%s]", s[:i], s[i+1:], s)}
}

// A finder resolves a name: (*net.Resolver).LookupNetIP, or what refuses to.
// network is ip, ip4 or ip6.
type finder func(ctx context.Context, network, host string) ([]netip.Addr, error)

// Resolve returns the address to ask p for so that it connects to target:
// target itself, or its first address when this machine resolves it.
// network (ip, ip4, ip6) is the family that was asked for; it counts only for
// what is resolved here.
func (p *Proxy) Resolve(ctx context.Context, network string, target addr.Addr, find finder) (addr.Addr, error) {
	if ip, err := addr.ParseIP(target.Host); err == nil {
		target.Host = ip.String()
		return target, nil
	}
	if p.DNS == "none" {
		return target, p.named(target, &Error{Why: fmt.Sprintf("may not be given a name (%q), and it may not be looked up here", target.Host),
			Hint: HintNumeric})
	}
	if p.Type == "socks4" {
		if network == "ip6" {
			return target, p.named(target, errSOCKS4Family())
		}
		network = "ip4"
	} else if p.DNS != "local" && p.DNS != "both" {
		return target, nil
	}
	ips, err := find(ctx, network, target.Host)
	switch {
	case err == nil && len(ips) > 0:
		return addr.Addr{Host: ips[0].Unmap().String(), Port: target.Port}, nil
	case p.DNS == "both" && p.Type != "socks4" && ctx.Err() == nil:
		return target, nil
	case err == nil:
		err = &net.DNSError{Err: "no address of this family", Name: target.Host, IsNotFound: true}
	}
	return target, err
}

// Connect asks the proxy at the other end of c to connect to target, and
// returns when it did: c is then a connection to target. It reads the bytes of
// the proxy's answer and not one more, so that c needs no wrapper, and leaves
// no deadline on c. It ends when ctx is done; there is no other limit of time.
// target is the result of Resolve, or the address of the next proxy of a
// chain.
//
// An error is a *Error, an *addr.Error or a *addr.PortError. c is the
// caller's to close, and good for nothing else after an error.
func (p *Proxy) Connect(ctx context.Context, c net.Conn, target addr.Addr) error {
	h, err := parseHop(target)
	if err != nil {
		return err
	}
	err = deadline.Within(ctx, c, func() error { return p.request(c, h) })
	if err == nil {
		return nil
	}
	return p.named(target, err)
}

func (p *Proxy) request(c net.Conn, h hop) error {
	if h.ip.Zone() != "" {
		return &Error{Why: "can't be given an address with a zone, which only this machine knows"}
	}
	switch p.Type {
	case "socks4", "socks4a":
		return p.requestSOCKS4(c, h)
	case "socks5":
		return p.requestSOCKS5(c, h)
	case "http":
		return p.requestHTTP(c, h)
	}
	return &Error{Why: "is of an unknown type"}
}

// named makes err, from whatever p was asked, a *Error that says which
// proxy it was and for what.
func (p *Proxy) named(target addr.Addr, err error) error {
	e, ok := err.(*Error)
	switch {
	case ok:
	case errors.Is(err, io.EOF):
		e = &Error{Why: "closed the connection without an answer", Hint: HintTypeOther, Err: err}
	case errors.Is(err, io.ErrUnexpectedEOF):
		e = &Error{Why: "closed the connection in the middle of its answer", Err: err}
	case errors.Is(err, context.DeadlineExceeded):
		e = &Error{Why: "did not answer in time", Hint: HintTypeOther, Err: err}
	default:
		e = &Error{Why: "failed: " + err.Error(), Err: err}
	}
	e.Type, e.Address, e.Target = p.Type, p.Address, target
	if e.Reply != "" && !e.Login {
		e.Why = fmt.Sprintf("did not connect to %s: %s", target, e.Why)
	}
	return e
}

// escape makes s, which came from the network, fit for a message: printable
// ASCII of bounded length, fit to stand between double quotes.
func escape(s string) string {
	const most = 200
	tail := ""
	if len(s) > most {
		s, tail = s[:most], "..."
	}
	q := strconv.QuoteToASCII(s)
	return q[1:len(q)-1] + tail
}
