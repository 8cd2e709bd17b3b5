package page

import "bytes"

// method is what a method means to the page.
type method uint8

const (
	methodUnknown method = iota
	methodOther          // known, and not allowed
	methodGet
	methodHead
)

// A head is a request head, parsed line by line as the lines come in. The
// zero head is at the start of a request line. It holds offsets into the
// bytes given to parse and never the bytes, so that these may move.
type head struct {
	pos    int // start of the first line that has not been parsed
	scan   int // where the search for that line's end goes on
	line   int // length of the request line, without its end
	fields int // field lines so far

	method    method
	minor     uint8 // of the version; the major is 1
	host      bool  // there was a Host field
	counted   bool  // there was a Content-Length, and length is its value
	chunked   bool  // there was a Transfer-Encoding: chunked
	coding    int   // status that another Transfer-Encoding deserves, or 0
	close     bool
	keepAlive bool
	expect    bool // 100-continue
	length    int64
}

// parse goes on with the head that b starts with; b has all the bytes of the
// calls before, and more. Once done, h.pos is the head's length. A status
// other than 0 is that of the answer to a head that must be refused.
//
// A line ends with CRLF or with a lone LF (RFC 9112 section 2.2). Any other
// CR is invalid wherever it stands, because no element of a line allows it.
func (h *head) parse(b []byte) (done bool, status int) {
	for {
		i := bytes.IndexByte(b[h.scan:], '\n')
		if i < 0 {
			h.scan = len(b)
			return false, h.partial(b)
		}
		line := b[h.pos : h.scan+i]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		first := h.pos == 0
		h.pos = h.scan + i + 1
		h.scan = h.pos
		switch {
		case first:
			status = h.requestLine(line)
		case h.pos > headMax:
			status = 431
		case len(line) == 0:
			return true, h.finish()
		default:
			status = h.field(line)
		}
		if status != 0 {
			return false, status
		}
	}
}

// partial judges a line that has not ended, so that what is not HTTP (a TLS
// hello, say) is told so at once and nothing grows without limit.
func (h *head) partial(b []byte) (status int) {
	if h.pos > 0 {
		if len(b) >= headMax {
			return 431
		}
		return 0
	}
	if len(b) > lineMax+1 {
		return 414
	}
	for i, c := range b[:min(len(b), 32)] {
		if c == ' ' && i > 0 {
			break
		}
		if !tokenSet.has(c) && !(c == '\r' && i == len(b)-1) {
			return 400
		}
	}
	return 0
}

// requestLine is about RFC 9112 section 3: method SP request-target SP
// HTTP-version, and nothing but one space each time.
func (h *head) requestLine(line []byte) (status int) {
	h.line = len(line)
	if len(line) > lineMax {
		return 414
	}
	i, j := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if i < 0 || !tokenSet.all(line[:i]) {
		return 400
	}
	h.method = methodOf(line[:i])
	if i == j { // two words, as in HTTP/0.9
		return 400
	}
	if status := h.version(line[j+1:]); status != 0 {
		return status
	}
	if !validTarget(line[:i], line[i+1:j]) {
		return 400
	}
	return 0
}

// version is about HTTP-version of RFC 9112 section 2.3. A minor version
// above 1 is read as 1.1 (RFC 9110 section 2.5).
func (h *head) version(v []byte) (status int) {
	if len(v) != len("HTTP/1.1") || string(v[:5]) != "HTTP/" || v[6] != '.' ||
		!digitSet.has(v[5]) || !digitSet.has(v[7]) {
		return 400
	}
	if v[5] != '1' {
		return 505
	}
	h.minor = v[7] - '0'
	return 0
}

// methodOf knows the methods of RFC 9110 section 9.3 and RFC 5789.
func methodOf(b []byte) method {
	switch string(b) {
	case "GET":
		return methodGet
	case "HEAD":
		return methodHead
	case "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE":
		return methodOther
	}
	return methodUnknown
}
