// Package addr reads addresses and ports as users write them, and finds what is
// known of them without connecting: their services, their families, and which
// program has a port.
package addr

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// An Addr says where to connect or to listen, as the user wrote it.
type Addr struct {
	// Host is a name, or a numeric address with its zone if it has one
	// (fe80::1%eth0), without brackets. Empty means every interface of this
	// machine to a listener, and is an error to a Dialer.
	Host string

	// Port is a number from 0 to 65535 or the name of a service.
	Port string

	// Path is the name of a Unix socket, and stands instead of the other two.
	// On Linux @name is an abstract one (unix(7)).
	Path string
}

// String returns a in the form that net.Dial takes: host:port, [v6]:port or
// the path.
func (a Addr) String() string {
	if a.Path != "" {
		return a.Path
	}
	return net.JoinHostPort(a.Host, a.Port)
}

// An Error is an address that cannot be what it has to be.
type Error struct {
	Text string // as the user wrote it
	Why  string // a phrase: "has no port"
	Hint string // what to write instead; empty: nothing to say
}

func (e *Error) Error() string { return fmt.Sprintf("address %q %s", e.Text, e.Why) }

// Split reads host:port or [v6]:port. A bare IPv6 address is refused,
// because it is ambiguous where its port begins.
func Split(s string) (Addr, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		e := &Error{Text: s, Why: "has no port"}
		switch {
		case IsIPv6(ParseHost(s)):
			ip := ParseHost(s)
			e.Why, e.Hint = "is an IPv6 address without a port", fmt.Sprintf("write %s port, or [%s]:port", ip, ip)
		case strings.ContainsAny(s, "[]"):
			e.Why, e.Hint = "has brackets in the wrong places", "write [address]:port"
		case strings.Contains(s, "://"):
			e.Why, e.Hint = "is a URL", "write the host and the port apart, with a space between them"
		case strings.Count(s, ":") > 1:
			e.Why, e.Hint = "has more than one colon", "write an IPv6 address as [address]:port"
		}
		return Addr{}, e
	}
	if port == "" {
		return Addr{}, &Error{Text: s, Why: "has no port after the colon"}
	}
	return Addr{Host: host, Port: port}, nil
}

// ParseHost takes the brackets off an IPv6 address; everything else is
// returned as it is.
func ParseHost(s string) string {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); ok && IsIPv6(inner) {
			return inner
		}
	}
	return s
}

func IsIPv6(s string) bool {
	ip, err := netip.ParseAddr(s)
	return err == nil && ip.Is6()
}

// A PortError is a port that does not exist.
type PortError struct {
	Text string
	Why  string // "invalid", "too large": OpenBSD's words
}

func (e *PortError) Error() string { return "port number " + e.Why + ": " + e.Text }

// ParsePort returns the number of a port that is written as a decimal number
// or as the name of a service of network ("tcp", "udp"). Port 0 is a number
// like the others here: it means a port of the system's choice to a
// listener, and is for the caller to refuse where it means nothing.
func ParsePort(network, s string) (uint16, error) {
	if isDigits(s) {
		n, err := strconv.ParseUint(s, 10, 16)
		if errors.Is(err, strconv.ErrRange) {
			return 0, &PortError{s, "too large"}
		}
		return uint16(n), err
	}
	if n, ok := lookupService(network, s); ok {
		return n, nil
	}
	return 0, &PortError{s, "invalid"}
}

// PortOf returns the port of an address of this package's connections and
// listeners; zero where there is none.
func PortOf(a net.Addr) uint16 {
	_, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(port, 10, 16)
	return uint16(n)
}
