package option

import (
	"errors"
	"strings"

	"gonc/conn/addr"
)

// A Forward is where connections are passed on to.
type Forward struct {
	Network string // tcp, udp or unix
	Addr    addr.Addr

	// TLS says that the connection to the target is over TLS, and the other
	// fields how its certificate is verified.
	TLS        bool
	TrustFile  string
	Pin        string
	ServerName string
	NoVerify   bool
}

// parseForward reads host:port, [v6]:port, unix:path, udp:host:port or
// tls:host:port, which may be followed by ca=file, pin=..., name=... and
// noverify behind commas. An error is an *addr.Error or an *addr.PortError.
func parseForward(s string) (Forward, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		if path == "" {
			return Forward{}, &addr.Error{Text: s, Why: "has no path"}
		}
		return Forward{Network: "unix", Addr: addr.Addr{Path: path}}, nil
	}
	f, rest := Forward{Network: "tcp"}, s
	switch {
	case strings.HasPrefix(s, "udp:"):
		f.Network, rest = "udp", s[len("udp:"):]
	case strings.HasPrefix(s, "tls:"):
		f.TLS = true
		target, settings, _ := strings.Cut(s[len("tls:"):], ",")
		rest = target
		if err := f.configure(s, settings); err != nil {
			return Forward{}, err
		}
	case strings.HasPrefix(s, "tcp:"):
		rest = s[len("tcp:"):]
	}
	a, err := addr.Split(rest)
	if wrong, ok := errors.AsType[*addr.Error](err); ok {
		return Forward{}, &addr.Error{Text: s, Why: wrong.Why, Hint: forwardHint(rest)}
	}
	if a.Host == "" {
		return Forward{}, &addr.Error{Text: s, Why: "has no host before the colon"}
	}
	n, err := addr.ParsePort(f.Network, a.Port)
	if err == nil && n == 0 {
		err = &addr.PortError{Text: a.Port, Why: "too small"}
	}
	f.Addr = a
	return f, err
}

// forwardHint says how to write the address of a target.
func forwardHint(text string) string {
	if host := addr.ParseHost(text); addr.IsIPv6(host) {
		return "write [" + host + "]:port"
	}
	return "write host:port, [address]:port, unix:path, udp:host:port or tls:host:port"
}

// configure reads what follows the address of a TLS target.
func (f *Forward) configure(whole, settings string) error {
	for _, setting := range strings.Split(settings, ",") {
		name, value, _ := strings.Cut(setting, "=")
		switch {
		case setting == "":
		case setting == "noverify":
			f.NoVerify = true
		case value == "":
			return &addr.Error{Text: whole, Why: "has a setting that is not known", Hint: "ca=file, pin=..., name=... and noverify are"}
		case name == "ca":
			f.TrustFile = value
		case name == "pin":
			f.Pin = value
		case name == "name":
			f.ServerName = value
		default:
			return &addr.Error{Text: whole, Why: "has a setting that is not known", Hint: "ca=file, pin=..., name=... and noverify are"}
		}
	}
	return nil
}
