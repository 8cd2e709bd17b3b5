package http1

import (
	"bytes"
	"net/netip"
)

// validTarget reports whether t is a request target of RFC 9112 section 3.2
// that its method may have.
func validTarget(method, t []byte) bool {
	switch {
	case len(t) == 0:
		return false
	case string(method) == "CONNECT":
		host, port, ok := cutPort(t)
		return ok && validHost(host) && digitSet.all(port)
	case t[0] == '/':
		return validPath(t)
	case string(t) == "*":
		return string(method) == "OPTIONS"
	}
	return validAbsolute(t)
}

// validAbsolute reports whether t is in absolute-form. Userinfo is an error, as RFC 9110
// section 4.2.4 wants it to be, and so is an empty host (section 4.2.1). No
// URI has a zone in it.
func validAbsolute(t []byte) bool {
	scheme, rest, ok := bytes.Cut(t, []byte("://"))
	if !ok || !schemeSet.all(scheme) || !letterSet.has(scheme[0]) {
		return false
	}
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	zoned := end > 0 && rest[0] == '[' && bytes.IndexByte(rest[:end], '%') > 0
	return !zoned && validAuthority(rest[:end]) && validPath(rest[end:])
}

// validPath reports whether t is a valid path and query. Only what
// would change where the target ends, and a broken escape in the path, is
// refused; the other bytes that RFC 3986 leaves out are sent by browsers and
// do no harm here.
func validPath(t []byte) bool {
	query := false
	for i, c := range t {
		switch {
		case c <= ' ' || c == 0x7f || c == '#':
			return false
		case c == '?':
			query = true
		case c == '%' && !query && !escape(t[i:]):
			return false
		}
	}
	return true
}

// escape reports whether b starts with a pct-encoded byte.
func escape(b []byte) bool {
	return len(b) >= 3 && hexSet.has(b[1]) && hexSet.has(b[2])
}

// validAuthority reports whether b is uri-host [ ":" port ] with a host that
// is not empty. The port itself may be (RFC 3986 section 3.2.3).
func validAuthority(b []byte) bool {
	host, port, _ := cutPort(b)
	return validHost(host) && (len(port) == 0 || digitSet.all(port))
}

// cutPort cuts b at the colon before the port.
func cutPort(b []byte) (host, port []byte, found bool) {
	end := 0
	if len(b) > 0 && b[0] == '[' {
		end = bytes.IndexByte(b, ']') + 1
	}
	colon := bytes.IndexByte(b[end:], ':')
	if colon < 0 {
		return b, nil, false
	}
	return b[:end+colon], b[end+colon+1:], true
}

// validHost reports whether host is valid (RFC 3986 section 3.2.2). An IPv6 address may have a zone
// although no URI can: clients that were given one send it.
func validHost(host []byte) bool {
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		ip, err := netip.ParseAddr(string(host[1 : len(host)-1]))
		return err == nil && ip.Is6()
	}
	for i, c := range host {
		if !regNameSet.has(c) && !(c == '%' && escape(host[i:])) {
			return false
		}
	}
	return len(host) > 0
}
