package conn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"gonc/conn/addr"
)

// A NumericError is the error of a name where only numeric addresses are allowed.
type NumericError struct{ Host, Port string }

func (e *NumericError) Error() string { return fmt.Sprintf("%q is not a numeric address", e.Host) }

// Local reports that the command line is the cause.
func (e *NumericError) Local() bool { return true }

// A FamilyError is the error of a host without an address of the family asked
// for.
type FamilyError struct {
	Host string
	Port string
	Want string // "IPv4" or "IPv6"
}

func (e *FamilyError) Error() string { return fmt.Sprintf("%s has no %s address", e.Host, e.Want) }

// A ResolveError is a failure to find the addresses of a name.
type ResolveError struct {
	Address addr.Addr
	Err     *net.DNSError
	Limit   time.Duration // the Dialer's Timeout, if it ended the lookup; else 0
}

func (e *ResolveError) Error() string {
	if e.Limit > 0 {
		return fmt.Sprintf("lookup %s: no answer within %v", e.Address.Host, e.Limit)
	}
	return e.Err.Error()
}

// Unwrap returns the resolver's error.
func (e *ResolveError) Unwrap() error { return e.Err }

func isNumeric(host string) bool {
	_, err := addr.ParseIP(host)
	return err == nil
}

// resolve returns the addresses of host that network can use, each once, in
// the order of preference of the system (RFC 6724). A numeric host is not looked
// up; with numeric set nothing else is allowed.
func resolve(ctx context.Context, network, host string, numeric bool) ([]netip.Addr, error) {
	_, version := addr.Family(network)
	all := []netip.Addr{{}}
	var err error
	if all[0], err = addr.ParseIP(host); err != nil {
		if numeric {
			return nil, &NumericError{Host: host}
		}
		if all, err = lookupHost(ctx, host, version); err != nil {
			return nil, err
		}
	}
	usable := all[:0]
	for _, ip := range all {
		ip = ip.Unmap()
		if (version == 0 || ip.Is4() == (version == 4)) && !slices.Contains(usable, ip) {
			usable = append(usable, ip)
		}
	}
	if len(usable) == 0 {
		return nil, &FamilyError{Host: host, Want: fmt.Sprintf("IPv%d", version)}
	}
	return usable, nil
}

// lookupHost looks up host, and only the addresses of version, if it is not 0:
// querying both families waits for both answers, and some name servers never
// answer AAAA. It returns a *FamilyError for a host that has addresses, but none
// of version.
func lookupHost(ctx context.Context, host string, version int) ([]netip.Addr, error) {
	network := "ip"
	if version != 0 {
		network = fmt.Sprintf("ip%d", version)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
	var missing *net.DNSError
	wrong := errors.As(err, new(*net.AddrError)) // of a name in the file of hosts
	if version != 0 && errors.As(err, &missing) && missing.IsNotFound {
		_, other := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		wrong = other == nil
	}
	if wrong {
		return nil, &FamilyError{Host: host, Want: fmt.Sprintf("IPv%d", version)}
	}
	return ips, err
}

// interleave orders addresses as RFC 8305 section 4 wants them tried: the
// families take turns, the family of the first address begins.
func interleave(ips []netip.Addr) []netip.Addr {
	var turn [2][]netip.Addr
	for _, ip := range ips {
		which := 0
		if ip.Is4() != ips[0].Is4() {
			which = 1
		}
		turn[which] = append(turn[which], ip)
	}
	mixed := make([]netip.Addr, 0, len(ips))
	for i := 0; len(mixed) < len(ips); i++ {
		for _, t := range turn {
			if i < len(t) {
				mixed = append(mixed, t[i])
			}
		}
	}
	return mixed
}
