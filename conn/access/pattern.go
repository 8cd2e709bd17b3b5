package access

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// A PatternError is a pattern that stands for no host.
type PatternError struct {
	Text string // the pattern
	Why  string // a phrase: "has a prefix length above 32"
	File string // where it stands; empty: not in a file
	Line int    // of File, from 1
	Err  error  // of the lookup of a name; nil when it was not looked up
}

func (e *PatternError) Error() string {
	at := ""
	if e.File != "" {
		at = fmt.Sprintf("%s:%d: ", e.File, e.Line)
	}
	text := fmt.Sprintf("%s%q %s", at, e.Text, e.Why)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *PatternError) Unwrap() error { return e.Err }

// Add adds the hosts of a list with commas between them: addresses, networks
// (10.0.0.0/8), octets with ranges (10.0-5.*.1-9) and names, whose addresses
// are looked up now, with or without a length (name/24). An error is a
// *PatternError; what stands before it has been added.
func (h *Hosts) Add(ctx context.Context, list string, find Lookup) error {
	for pattern := range strings.SplitSeq(list, ",") {
		if err := h.add(ctx, pattern, find); err != nil {
			return err
		}
	}
	return nil
}

// AddFile adds the hosts of a file, with blanks or ends of lines between them.
// A # begins a comment. In a file an octet may also have commas in it:
// 10.0,2,4-9.*.*.
func (h *Hosts) AddFile(ctx context.Context, name string, find Lookup) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	rows := bufio.NewScanner(f)
	for n := 1; rows.Scan(); n++ {
		text, _, _ := strings.Cut(rows.Text(), "#")
		for pattern := range strings.FieldsSeq(text) {
			err := h.add(ctx, pattern, find)
			if e, ok := errors.AsType[*PatternError](err); ok {
				e.File, e.Line = name, n
			}
			if err != nil {
				return err
			}
		}
	}
	return readFailure(name, rows.Err())
}

// errLongLine says that a file is no list of hosts.
var errLongLine = errors.New("a line is longer than 64 KiB")

// readFailure returns why a file could not be read to its end.
func readFailure(name string, err error) error {
	if errors.Is(err, bufio.ErrTooLong) {
		return &os.PathError{Op: "read", Path: name, Err: errLongLine}
	}
	return err
}

func (h *Hosts) add(ctx context.Context, pattern string, find Lookup) error {
	host, length, hasLength := strings.Cut(pattern, "/")
	bits := 0
	if hasLength {
		var ok bool
		if bits, ok = parseLength(length); !ok {
			return &PatternError{Text: pattern, Why: "has a prefix length that is not a number from 0 to 128"}
		}
	}
	if o, ok := parseOctets(host); ok && strings.ContainsAny(host, "*,-") {
		if hasLength {
			o.mask(bits)
		}
		if bits > 32 {
			return tooLong(pattern)
		}
		h.octets = append(h.octets, o)
		return nil
	}
	ips, err := hostAddrs(ctx, pattern, host, find)
	if err != nil {
		return err
	}
	for _, ip := range ips {
		switch {
		case !hasLength:
			h.addAddr(ip)
		case bits > ip.BitLen():
			return tooLong(pattern)
		default:
			h.addPrefix(ip.WithZone(""), bits)
		}
	}
	return nil
}

func tooLong(pattern string) error {
	return &PatternError{Text: pattern, Why: "has a prefix length above 32, the most of IPv4"}
}

// parseLength reads the length of a prefix.
func parseLength(s string) (bits int, ok bool) {
	if !isDigits(s) || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	bits, err := strconv.Atoi(s)
	return bits, err == nil && bits <= 128
}

// hostAddrs returns the addresses of host, which pattern is about.
func hostAddrs(ctx context.Context, pattern, host string, find Lookup) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	switch {
	case pattern == "":
		return nil, &PatternError{Why: "is no host: it is empty"}
	case !isName(host):
		return nil, &PatternError{Text: pattern, Why: "is neither an address nor a host name"}
	case find == nil:
		return nil, &PatternError{Text: pattern, Why: "is not numeric"}
	}
	ips, err := find(ctx, host)
	switch {
	case err != nil:
		return nil, &PatternError{Text: pattern, Why: "has no address", Err: err}
	case len(ips) == 0:
		return nil, &PatternError{Text: pattern, Why: "has no address"}
	}
	return ips, nil
}

// isName reports whether s can be a host name. What ends in a number is meant
// as an address (https://url.spec.whatwg.org/#ends-in-a-number-checker), and a
// wrong one must not become a question to a name server.
func isName(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c == '-' || c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z') {
			return false
		}
	}
	last := s[strings.LastIndexByte(s, '.')+1:]
	hex := len(last) > 1 && strings.EqualFold(last[:2], "0x")
	return last != "" && !isDigits(last) && !hex && s[0] != '-'
}
