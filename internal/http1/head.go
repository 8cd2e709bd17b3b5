// Package http1 reads the framing of HTTP/1 messages (RFC 9112): the heads of
// requests and of responses, and where their bodies end. It is strict where
// recipients that disagree let requests be smuggled.
package http1

import "bytes"

// The limits of a head.
const (
	LineMax  = 8 << 10  // its first line, without the end of it
	HeadMax  = 32 << 10 // all of it, with the empty line
	FieldMax = 100      // its field lines, and those of a trailer section
)

// A Method is what is known of a request method.
type Method uint8

const (
	MethodUnknown Method = iota
	MethodOther          // known, and none of the others here
	MethodGet
	MethodHead
)

// A Head is the head of a message, parsed line by line as the lines come in.
// The zero Head is at the start of the first line. It holds offsets into the
// bytes given to Parse and never the bytes, so that these may move.
type Head struct {
	Len    int // of what has been parsed: whole lines
	scan   int // where the search for the next line's end goes on
	Line   int // length of the first line, without its end
	fields int // field lines so far

	Method    Method // of a request
	response  bool
	Status    uint16 // of a response
	Minor     uint8  // of the version; the major is 1
	host      bool   // there was a Host field
	Counted   bool   // there was a Content-Length, and Length is its value
	Chunked   bool   // there was a Transfer-Encoding: chunked
	coding    int    // status that another Transfer-Encoding deserves, or 0
	close     bool
	keepAlive bool
	Expect    bool  // 100-continue
	Length    int64 // math.MaxInt64 also stands for what is longer
}

// Parse goes on with the head of a request that b starts with; b has all the
// bytes of the calls before, and more. Once done, h.Len is the head's length. A
// status other than 0 is that of the answer to a head that must be refused.
//
// A line ends with CRLF or with a lone LF (RFC 9112 section 2.2). Any other
// CR is invalid wherever it stands, because no element of a line allows it.
func (h *Head) Parse(b []byte) (done bool, status int) {
	for {
		i := bytes.IndexByte(b[h.scan:], '\n')
		if i < 0 {
			h.scan = len(b)
			return false, h.partial(b)
		}
		line := b[h.Len : h.scan+i]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		first := h.Len == 0
		h.Len = h.scan + i + 1
		h.scan = h.Len
		switch {
		case first && h.response:
			status = h.statusLine(line)
		case first:
			status = h.requestLine(line)
		case h.Len > HeadMax:
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

// Seen returns how many bytes have been looked at: those of whole lines, and of one
// that has not ended.
func (h *Head) Seen() int { return max(h.Len, h.scan) }

// ParseResponse parses like Parse, the head of a response. Any status other than 0 is
// that of a response that can't be understood.
func (h *Head) ParseResponse(b []byte) (done bool, status int) {
	h.response = true
	return h.Parse(b)
}

// partial judges a line that has not ended, so that what is not HTTP (a TLS
// hello, say) is refused at once and nothing grows without limit.
func (h *Head) partial(b []byte) (status int) {
	if h.Len > 0 {
		if len(b) >= HeadMax {
			return 431
		}
		return 0
	}
	if len(b) > LineMax+1 {
		return 414
	}
	if h.response {
		return 0
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

// requestLine parses a request line (RFC 9112 section 3): method SP request-target SP
// HTTP-version, and nothing but one space each time.
func (h *Head) requestLine(line []byte) (status int) {
	h.Line = len(line)
	if len(line) > LineMax {
		return 414
	}
	i, j := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if i < 0 || !tokenSet.all(line[:i]) {
		return 400
	}
	h.Method = methodOf(line[:i])
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

// version parses HTTP-version of RFC 9112 section 2.3. A minor version
// above 1 is read as 1.1 (RFC 9110 section 2.5).
func (h *Head) version(v []byte) (status int) {
	if len(v) != len("HTTP/1.1") || string(v[:5]) != "HTTP/" || v[6] != '.' ||
		!digitSet.has(v[5]) || !digitSet.has(v[7]) {
		return 400
	}
	if v[5] != '1' {
		return 505
	}
	h.Minor = v[7] - '0'
	return 0
}

// statusLine parses a status line (RFC 9112 section 4): HTTP-version SP status-code, and a
// reason, which is often missing together with the space before it.
func (h *Head) statusLine(line []byte) (status int) {
	h.Line = len(line)
	const form = len("HTTP/1.1 200")
	if len(line) > LineMax || len(line) < form || line[8] != ' ' || len(line) > form && line[form] != ' ' ||
		!digitSet.all(line[9:form]) || line[9] == '0' || !visible(line) {
		return 400
	}
	h.Status = uint16(line[9]-'0')*100 + uint16(line[10]-'0')*10 + uint16(line[11]-'0')
	return h.version(line[:8])
}

// methodOf knows the methods of RFC 9110 section 9.3 and RFC 5789.
func methodOf(b []byte) Method {
	switch string(b) {
	case "GET":
		return MethodGet
	case "HEAD":
		return MethodHead
	case "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE":
		return MethodOther
	}
	return MethodUnknown
}
