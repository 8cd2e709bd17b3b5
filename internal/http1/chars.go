package http1

// A byteSet is a set of ASCII bytes.
type byteSet struct{ lo, hi uint64 }

const (
	digits  = (1<<10 - 1) << '0'
	letters = (1<<26-1)<<'a' | (1<<26-1)<<'A'
	hexes   = digits | (1<<6-1)<<'a' | (1<<6-1)<<'A'

	// RFC 9110 section 5.6.2.
	tchars = digits | letters | 1<<'!' | 1<<'#' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' | 1<<'*' |
		1<<'+' | 1<<'-' | 1<<'.' | 1<<'^' | 1<<'_' | 1<<'`' | 1<<'|' | 1<<'~'

	// RFC 3986 section 3.2.2, reg-name without pct-encoded.
	regNames = digits | letters | 1<<'-' | 1<<'.' | 1<<'_' | 1<<'~' | 1<<'!' | 1<<'$' | 1<<'&' |
		1<<'\'' | 1<<'(' | 1<<')' | 1<<'*' | 1<<'+' | 1<<',' | 1<<';' | 1<<'='

	// RFC 3986 section 3.1, after the first letter.
	schemes = digits | letters | 1<<'+' | 1<<'-' | 1<<'.'

	low = 1<<64 - 1
)

var (
	digitSet   = byteSet{digits & low, digits >> 64}
	hexSet     = byteSet{hexes & low, hexes >> 64}
	letterSet  = byteSet{letters & low, letters >> 64}
	tokenSet   = byteSet{tchars & low, tchars >> 64}
	regNameSet = byteSet{regNames & low, regNames >> 64}
	schemeSet  = byteSet{schemes & low, schemes >> 64}
)

// has reports whether c is in the set. A shift by 64 or more is zero in Go,
// so that no byte from 128 on ever is.
func (s byteSet) has(c byte) bool {
	return uint64(1)<<c&s.lo|uint64(1)<<(c-64)&s.hi != 0
}

// all reports whether b is not empty and has only bytes of the set.
func (s byteSet) all(b []byte) bool {
	for _, c := range b {
		if !s.has(c) {
			return false
		}
	}
	return len(b) > 0
}

// visible reports whether b could be a field value: no control characters
// but HTAB. RFC 9110 section 5.5 has CR, LF and NUL rejected and leaves the
// others to the recipient.
func visible(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// trimOWS cuts optional whitespace (RFC 9110 section 5.6.3) off both ends.
func trimOWS(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// foldIs reports whether b is lower, which has only lower-case letters,
// digits and hyphens, in any case.
func foldIs(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
