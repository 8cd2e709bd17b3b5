package addr

import (
	"net/netip"
	"strconv"
	"strings"
)

// ParseIP reads a numeric address, IPv4 also in the forms of inet_aton(3):
// 127.1, 0x7f.1, 2130706433.
func ParseIP(s string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(s)
	if err == nil {
		return ip, nil
	}
	if old, ok := aton(s); ok {
		return old, nil
	}
	return ip, err
}

// aton parses an address as inet_aton(3) does: up to four numbers, decimal, octal after 0 or
// hexadecimal after 0x, of which the last fills all the bytes that are left.
func aton(s string) (ip netip.Addr, ok bool) {
	var b [4]byte
	parts := strings.Split(s, ".")
	if len(parts) > len(b) {
		return ip, false
	}
	last := len(parts) - 1
	for i, part := range parts {
		bits := 8
		if i == last {
			bits = 8 * (len(b) - last)
		}
		n, err := parseCInt(part, bits)
		if err != nil {
			return ip, false
		}
		for at := i; bits > 0; at++ {
			bits -= 8
			b[at] = byte(n >> bits)
		}
	}
	return netip.AddrFrom4(b), true
}

// parseCInt reads a number of at most so many bits, written as in C.
func parseCInt(s string, bits int) (uint64, error) {
	digits, base := s, 10
	switch hex := strings.ToLower(s); {
	case strings.HasPrefix(hex, "0x"):
		digits, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		digits, base = s[1:], 8
	}
	return strconv.ParseUint(digits, base, bits)
}
