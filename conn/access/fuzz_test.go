package access

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// slowOctets matches the patterns of octets that are valid.
var slowOctets = func() *regexp.Regexp {
	const number = `(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])`
	octet := strings.ReplaceAll(`((\*|N?-N?|N)(,(\*|N?-N?|N))*)`, "N", number)
	return regexp.MustCompile(strings.ReplaceAll(`^O\.O\.O\.O(/[0-9]+)?$`, "O", octet))
}()

// slowHas reports in a slow and obvious way whether ip is what a numeric
// pattern means; valid whether the pattern means anything.
func slowHas(pattern string, ip netip.Addr) (has, valid bool) {
	host, length, _ := strings.Cut(pattern, "/")
	if length != "" && length[0] == '0' && len(length) > 1 {
		return false, false
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if !strings.Contains(pattern, "/") {
			return a == ip || a.Unmap() == ip.Unmap(), true
		}
		_, n, err := net.ParseCIDR(a.WithZone("").String() + "/" + length)
		if err != nil {
			return false, false
		}
		ones, bits := n.Mask.Size()
		// A network that is wider than that of IPv4-mapped addresses is one of IPv6.
		return n.Contains(ip.AsSlice()) && (ip.Unmap().Is4() == (bits == 32 || a.Is4In6() && ones >= 96)), true
	}
	if !slowOctets.MatchString(pattern) {
		return false, false
	}
	bits := 32
	if length != "" {
		bits, _ = strconv.Atoi(length)
	}
	valid, has = bits <= 32, ip.Unmap().Is4()
	for i, octet := range strings.Split(host, ".") {
		found := false
		for item := range strings.SplitSeq(octet, ",") {
			low, high, isRange := strings.Cut(item, "-")
			if item == "*" {
				low, high, isRange = "", "", true
			}
			from, _ := strconv.Atoi(low)
			to, err := strconv.Atoi(high)
			switch {
			case !isRange:
				to = from
			case err != nil:
				to = 255
			}
			valid = valid && from <= to
			for v := from; v <= to && has; v++ {
				free := min(max(8*(i+1)-bits, 0), 8) // bits of this octet that the length leaves open
				found = found || v>>free == int(ip.Unmap().As4()[i])>>free
			}
		}
		has = has && found
	}
	return has && valid, valid
}

// FuzzHosts: a numeric pattern is valid and has an address in it exactly when
// the slow way says so, for the address and for its IPv4-mapped form.
func FuzzHosts(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "1.2.3.4/24", "10.0-5.*.1-9", "1,2.-.3-.-4/9", "::1", "2001:db8::/32", "::ffff:1.2.3.4",
		"::ffff:0:0/95", "::ffff:0:0/96", "fe80::1%a", "fe80::1%a/64", "1.2.3.4/033", "*.*.*.*/33", "1.2.3.256", "name", "/", "1.2.3.9-1"} {
		f.Add(s, []byte{1, 2, 3, 4})
		f.Add(s, []byte("\x20\x01\x0d\xb8............"))
	}
	f.Fuzz(func(t *testing.T, pattern string, address []byte) {
		ip, ok := netip.AddrFromSlice(address)
		if !ok || strings.Contains(pattern, "%") && strings.Contains(pattern, "/") {
			return
		}
		var h Hosts
		err := h.add(t.Context(), pattern, nil)
		has, valid := slowHas(pattern, ip)
		if valid != (err == nil) {
			t.Fatalf("%q: %v, want valid %v", pattern, err, valid)
		}
		if err == nil && h.Has(ip) != has {
			t.Fatalf("%q has %v: %v, want %v", pattern, ip, !has, has)
		}
		if ip.Is4() && h.Has(ip) != h.Has(netip.AddrFrom16(ip.As16())) {
			t.Fatalf("%q: %v is not what it is as IPv4-mapped", pattern, ip)
		}
	})
}

// FuzzTargets: what :port is put behind is the same hosts at that port only,
// and a pattern that is refused adds nothing.
func FuzzTargets(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "10.0.0.0/8", "[::1]", "*", ":80", "db", "::1"} {
		f.Add(s, []byte{1, 2, 3, 4}, uint16(80))
	}
	f.Fuzz(func(t *testing.T, pattern string, address []byte, port uint16) {
		ip, ok := netip.AddrFromSlice(address)
		if !ok || port == 0 || strings.Contains(pattern, ",") {
			return
		}
		var whole, one Targets
		at := netip.AddrPortFrom(ip.Unmap(), port)
		if err := whole.Add(t.Context(), pattern, names); err != nil {
			if len(whole.entries) > 0 {
				t.Fatalf("%q: %v, and yet it is an entry", pattern, err)
			}
			return
		}
		if _, _, ported := cutPorts(pattern); ported {
			return
		}
		bare := pattern
		if strings.Contains(bare, ":") && bare[0] != '[' {
			bare = "[" + bare + "]"
		}
		if err := one.Add(t.Context(), bare+":"+strconv.Itoa(int(port)), names); err != nil {
			t.Fatalf("%q with a port: %v", pattern, err)
		}
		other := netip.AddrPortFrom(at.Addr(), port^1)
		if whole.has("", at) != one.has("", at) || one.has("", other) {
			t.Fatalf("%q: %v without a port is %v, with it %v, at another %v", pattern, at, whole.has("", at), one.has("", at), one.has("", other))
		}
	})
}
