package http1

import (
	"bytes"
	"iter"
	"math"
)

// field parses one field line of a head. Whitespace before the first field
// line, a folded line and a space before the colon (RFC 9112 sections 2.2,
// 5.2 and 5.1) all show as a byte that no field name has.
func (h *Head) field(line []byte) (status int) {
	h.fields++
	if h.fields > FieldMax {
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
		h.Expect = h.Expect || foldIs(value, "100-continue")
	}
	return 0
}

// hostField parses a Host field (RFC 9112 section 3.2): more than one Host, or an invalid
// one, is 400 in every version. It is empty if the target has no authority.
func (h *Head) hostField(value []byte) (status int) {
	if h.host || len(value) > 0 && !validAuthority(value) {
		return 400
	}
	h.host = true
	return 0
}

// connectionField adds one line of the list of RFC 9110 section 7.6.1.
func (h *Head) connectionField(value []byte) {
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
func (h *Head) lengthField(value []byte) (status int) {
	if h.Counted || !digitSet.all(value) {
		return 400
	}
	h.Counted = true
	for _, c := range value {
		if h.Length > (math.MaxInt64-9)/10 {
			h.Length = math.MaxInt64
			break
		}
		h.Length = h.Length*10 + int64(c-'0')
	}
	return 0
}

// codingField takes chunked and nothing else, once. A coding that is not
// known is 501 (RFC 9112 section 6.1), but only if chunked is the last one:
// otherwise the length can't be known, and section 6.3 demands 400.
func (h *Head) codingField(value []byte) (status int) {
	switch {
	case h.Chunked || h.coding != 0:
		return 400
	case foldIs(value, "chunked"):
		h.Chunked = true
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
func (h *Head) finish() (status int) {
	coded := h.Chunked || h.coding != 0
	switch {
	case h.response:
		return h.finishResponse()
	case !h.host && h.Minor > 0: // RFC 9112 section 3.2
		return 400
	case coded && (h.Counted || h.Minor == 0): // RFC 9112 section 6.1
		return 400
	case h.coding != 0:
		return h.coding
	}
	return 0
}

// finishResponse judges the head of a response as a whole. A coding before
// chunked does not matter for where the body ends, and with one after it
// the body ends with the connection (RFC 9112 section 6.3).
func (h *Head) finishResponse() (status int) {
	if (h.Chunked || h.coding != 0) && (h.Counted || h.Minor == 0) {
		return 400
	}
	h.Chunked = h.Chunked || h.coding == 501
	return 0
}

// Persists reports whether the connection outlives the answer, as far as the
// client decides it: RFC 9112 section 9.3.
func (h *Head) Persists() bool {
	return !h.close && (h.Minor > 0 || h.keepAlive)
}

// HasBody reports whether content follows the head of a request (RFC 9112
// section 6).
func (h *Head) HasBody() bool {
	return h.Chunked || h.Length > 0
}

// Fields returns the names and the values of the fields of a head that Parse
// has taken.
func Fields(head []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		_, head, _ := bytes.Cut(head, []byte{'\n'})
		for len(head) > 0 {
			var line []byte
			line, head, _ = bytes.Cut(head, []byte{'\n'})
			name, value, ok := bytes.Cut(bytes.TrimSuffix(line, []byte{'\r'}), []byte{':'})
			if !ok || !yield(name, trimOWS(value)) {
				return
			}
		}
	}
}
