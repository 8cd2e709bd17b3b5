package addr

import (
	"net"
	"strings"
)

// ParsePorts returns the ports that operands name, in the order asked for; a
// port that is named twice is there twice. An operand is a decimal number, the
// name of a service of network ("tcp", "udp", also with a 4 or 6 behind), or a
// range of numbers: 20-25, or 25-20, which means the same. A name that has a
// dash in it (http-alt) is a name. Port 0 cannot be connected to and is
// refused, like everything else that is not a port, with a *PortError.
//
// All 65,535 ports take 128 KiB.
func ParsePorts(network string, operands []string) ([]uint16, error) {
	var ports []uint16
	for _, s := range operands {
		lo, hi, err := parseRange(network, s)
		if err != nil {
			return nil, err
		}
		for port := int(lo); port <= int(hi); port++ {
			ports = append(ports, uint16(port))
		}
	}
	return ports, nil
}

// parseRange returns both ends of a range, the lower one first; a single port
// is a range of one.
func parseRange(network, s string) (lo, hi uint16, err error) {
	if n, ok := lookupService(network, s); ok {
		return n, n, nil
	}
	first, last, isRange := strings.Cut(s, "-")
	switch {
	case !isRange:
		lo, err = parseNumber(s)
		return lo, lo, err
	case first == "" && isDigits(last):
		return 0, 0, &PortError{s, "too small"} // -5 is a negative number
	case !isDigits(first) || last == "":
		return 0, 0, &PortError{s, "invalid"}
	}
	if lo, err = parseNumber(first); err == nil {
		hi, err = parseNumber(last)
	}
	return min(lo, hi), max(lo, hi), err
}

// parseNumber parses a port that has to be a number other than 0.
func parseNumber(s string) (uint16, error) {
	if !isDigits(s) {
		return 0, &PortError{s, "invalid"}
	}
	n, err := ParsePort("tcp", s)
	if err == nil && n == 0 {
		err = &PortError{s, "too small"}
	}
	return n, err
}

// lookupService returns the port of a service. What has no letter in it is
// not looked up: net.LookupPort reads numbers too, and signs before them.
func lookupService(network, s string) (uint16, bool) {
	if !strings.ContainsFunc(s, isLetter) {
		return 0, false
	}
	n, err := net.LookupPort(network, s)
	return uint16(n), err == nil && n > 0
}

func isLetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
