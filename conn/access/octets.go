package access

import (
	"strconv"
	"strings"
)

// octets is an IPv4 pattern in the notation of nmap and ncat: of each octet a
// number, a range (5-9, -9, 5-, -), * for all, or several of these after
// commas. It holds a bit for each value of each octet.
type octets [4][4]uint64

func (o *octets) has(ip [4]byte) bool {
	for i, b := range ip {
		if o[i][b/64]&(1<<(b%64)) == 0 {
			return false
		}
	}
	return true
}

func (o *octets) add(i int, from, to int) {
	for v := from; v <= to; v++ {
		o[i][v/64] |= 1 << (v % 64)
	}
}

// parseOctets reads four octets.
func parseOctets(s string) (o octets, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != len(o) {
		return o, false
	}
	for i, part := range parts {
		for item := range strings.SplitSeq(part, ",") {
			from, to, ok := parseOctet(item)
			if !ok {
				return o, false
			}
			o.add(i, from, to)
		}
	}
	return o, true
}

// parseOctet reads a number, a range or *.
func parseOctet(s string) (from, to int, ok bool) {
	if s == "*" {
		return 0, 255, true
	}
	low, high, isRange := strings.Cut(s, "-")
	if !isRange {
		from, ok = octetNumber(s)
		return from, from, ok
	}
	from, to, ok = 0, 255, true
	if low != "" {
		from, ok = octetNumber(low)
	}
	if high != "" && ok {
		to, ok = octetNumber(high)
	}
	return from, to, ok && from <= to
}

// octetNumber reads a number up to 255. A leading zero is refused: it means
// octal to some programs and nothing to others.
func octetNumber(s string) (n int, ok bool) {
	if !isDigits(s) || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n <= 255
}

// mask makes of every address in o the network of so many bits that it is in.
func (o *octets) mask(bits int) {
	for i := range o {
		keep := byte(0xff) << (8 - min(max(bits-8*i, 0), 8))
		var heads [256]bool
		for v := range 256 {
			if o[i][v/64]&(1<<(v%64)) != 0 {
				heads[byte(v)&keep] = true
			}
		}
		for v := range 256 {
			if heads[byte(v)&keep] {
				o.add(i, v, v)
			}
		}
	}
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
