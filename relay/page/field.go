package page

import "bytes"

// field parses one field line of a head. Whitespace before the first field
// line, a folded line and a space before the colon (RFC 9112 sections 2.2,
// 5.2 and 5.1) all show as a byte that no field name has.
func (h *head) field(line []byte) (status int) {
	h.fields++
	if h.fields > fieldMax {
		return 431
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 0 || !tokenSet.all(line[:colon]) || !visible(line[colon:]) {
		return 400
	}
	name, value := line[:colon], trimOWS(line[colon+1:])
	switch {
	case foldIs(name, "host"):
		return h.hostField(value)
	case foldIs(name, "connection"):
		h.connectionField(value)
	case foldIs(name, "content-length"):
		return h.lengthField(value)
	case foldIs(name, "transfer-encoding"):
		return h.codingField(value)
	case foldIs(name, "expect"):
		h.expect = h.expect || foldIs(value, "100-continue")
	}
	return 0
}

// hostField is about RFC 9112 section 3.2: more than one Host, or an invalid
// one, is 400 in every version. It is empty if the target has no authority.
func (h *head) hostField(value []byte) (status int) {
	if h.host || len(value) > 0 && !validAuthority(value) {
		return 400
	}
	h.host = true
	return 0
}

// connectionField adds one line of the list of RFC 9110 section 7.6.1.
func (h *head) connectionField(value []byte) {
	for more := true; more; {
		var option []byte
		option, value, more = bytes.Cut(value, []byte{','})
		option = trimOWS(option)
		h.close = h.close || foldIs(option, "close")
		h.keepAlive = h.keepAlive || foldIs(option, "keep-alive")
	}
}

// lengthField takes digits and nothing else, once. RFC 9112 section 6.3 lets
// a recipient accept a length that is repeated; this one does not. A number
// too large for any integer is a valid one and above the limit.
func (h *head) lengthField(value []byte) (status int) {
	if h.counted || !digitSet.all(value) {
		return 400
	}
	h.counted = true
	for _, c := range value {
		h.length = min(h.length*10+int64(c-'0'), bodyMax+1)
	}
	return 0
}

// codingField takes chunked and nothing else, once. A coding that is not
// known is 501 (RFC 9112 section 6.1), but only if chunked is the last one:
// otherwise the length can't be known, and section 6.3 demands 400.
func (h *head) codingField(value []byte) (status int) {
	switch {
	case h.chunked || h.coding != 0:
		return 400
	case foldIs(value, "chunked"):
		h.chunked = true
	case beforeChunked(value):
		h.coding = 501
	default:
		h.coding = 400
	}
	return 0
}

// beforeChunked reports whether value is a list of codings, none of them
// chunked, and then chunked.
func beforeChunked(value []byte) bool {
	for n := 0; ; n++ {
		coding, rest, more := bytes.Cut(value, []byte{','})
		coding = trimOWS(coding)
		if !more {
			return n > 0 && foldIs(coding, "chunked")
		}
		name, _, _ := bytes.Cut(coding, []byte{';'})
		if name = trimOWS(name); !tokenSet.all(name) || foldIs(name, "chunked") {
			return false
		}
		value = rest
	}
}

// finish judges the head as a whole.
func (h *head) finish() (status int) {
	coded := h.chunked || h.coding != 0
	switch {
	case !h.host && h.minor > 0: // RFC 9112 section 3.2
		return 400
	case coded && (h.counted || h.minor == 0): // RFC 9112 section 6.1
		return 400
	case h.coding != 0:
		return h.coding
	case h.length > bodyMax:
		return 413
	}
	return 0
}

// persists reports whether the connection outlives the answer, as far as the
// client decides it: RFC 9112 section 9.3.
func (h *head) persists() bool {
	return !h.close && (h.minor > 0 || h.keepAlive)
}

// hasBody reports whether content follows the head (RFC 9112 section 6).
func (h *head) hasBody() bool {
	return h.chunked || h.length > 0
}
