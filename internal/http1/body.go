package http1

// bodyState is the place in a body of the next byte.
type bodyState uint8

const (
	bodyCounted bodyState = iota // data, until left is 0
	bodySize                     // the digits of a chunk size
	bodySpace                    // whitespace before a chunk extension
	bodyExt                      // a chunk extension
	bodySizeLF                   // the LF after a chunk size
	bodyData                     // the data of a chunk, until left is 0
	bodyDataCR                   // the CR after it
	bodyDataLF                   // the LF after that
	bodyTrailer                  // the start of a trailer field, or of the empty line
	bodyName                     // the name of a trailer field
	bodyValue                    // its value
	bodyValueLF                  // the LF after it
	bodyEndLF                    // the LF of the empty line
	bodyDone
)

// A Body finds the end of a body. The zero Body is one of no bytes.
//
// A lone LF, good enough for a line of a head, is refused in chunked framing
// (RFC 9112 section 7.1 and erratum 7633): chunks are not typed by hand, and what
// recipients disagree on there lets requests be smuggled.
type Body struct {
	Limit int64 // of the data; eight times as many bytes may carry it; zero: none

	state  bodyState
	left   int64 // of the data that was announced
	data   int64 // of data so far
	wire   int64 // of bytes so far, framing and trailer section included
	line   int   // bytes of the chunk size line, then of all trailer fields
	fields int   // trailer fields
}

const (
	chunkDigits  = 16       // of a chunk size: more can only be padding or an overflow
	chunkLineMax = 256      // a chunk size line with its extensions
	trailerMax   = 32 << 10 // all trailer fields
)

// Body returns the body that follows the head, if it is counted or chunked.
func (h *Head) Body() Body {
	if h.Chunked {
		return Body{state: bodySize}
	}
	return Body{left: h.Length}
}

// Take reports how many bytes of b belong to the body, and whether it ends with
// them. A status other than 0 refuses the body.
func (d *Body) Take(b []byte) (n int, done bool, status int) {
	for n < len(b) || d.left == 0 {
		switch d.state {
		case bodyCounted, bodyData:
			n += d.skip(b[n:])
			if d.left > 0 {
				continue
			}
			if d.state == bodyCounted {
				d.state = bodyDone
			} else {
				d.state = bodyDataCR
			}
		case bodyDone:
			return n, true, 0
		default:
			if n == len(b) {
				return n, false, 0
			}
			status = d.step(b[n])
			n++
			if d.wire++; d.Limit > 0 && d.wire > 8*d.Limit { // one byte a chunk costs six
				status = 413
			}
			if status != 0 {
				return n, false, status
			}
		}
	}
	return n, false, 0
}

// skip passes over data.
func (d *Body) skip(b []byte) int {
	n := min(int64(len(b)), d.left)
	d.left -= n
	d.wire += n
	return int(n)
}

// step takes one byte of framing.
func (d *Body) step(c byte) (status int) {
	switch d.state {
	case bodySize, bodySpace, bodyExt:
		return d.sizeLine(c)
	case bodyTrailer, bodyName, bodyValue:
		return d.trailer(c)
	case bodyDataCR:
		return d.expect(c, '\r', bodyDataLF)
	case bodyDataLF:
		d.line = 0
		return d.expect(c, '\n', bodySize)
	case bodyValueLF:
		return d.expect(c, '\n', bodyTrailer)
	case bodyEndLF:
		return d.expect(c, '\n', bodyDone)
	}
	if d.line = 0; d.left == 0 { // bodySizeLF of the last chunk
		return d.expect(c, '\n', bodyTrailer)
	}
	return d.expect(c, '\n', bodyData)
}

func (d *Body) expect(c, want byte, next bodyState) (status int) {
	d.state = next
	if c != want {
		return 400
	}
	return 0
}

// sizeLine parses chunk-size and chunk-ext of RFC 9112 section 7.1. An
// extension is ignored, as it must be, except for its length.
func (d *Body) sizeLine(c byte) (status int) {
	d.line++
	switch {
	case d.line > chunkLineMax:
		return 400
	case d.state == bodySize && hexSet.has(c):
		d.left = d.left<<4 | hexValue(c)
		if d.line > chunkDigits {
			return 400
		}
	case d.state == bodySize && d.line == 1:
		return 400
	case c == '\r' && d.state != bodySpace:
		return d.chunk()
	case d.state == bodyExt && (c >= ' ' && c != 0x7f || c == '\t'):
	case d.state != bodyExt && c == ';':
		d.state = bodyExt
	case d.state != bodyExt && (c == ' ' || c == '\t'):
		d.state = bodySpace // BWS, RFC 9110 section 5.6.3: only before the semicolon
	default:
		return 400
	}
	return 0
}

// chunk starts a chunk whose size has been read. Sixteen digits may have made
// it negative.
func (d *Body) chunk() (status int) {
	if d.left < 0 || d.Limit > 0 && d.left > d.Limit-d.data {
		return 413
	}
	d.data += d.left
	d.state = bodySizeLF
	return 0
}

// trailer parses the trailer section of RFC 9112 section 7.1.2. What the
// fields say is dropped; it must not be merged into the head.
func (d *Body) trailer(c byte) (status int) {
	d.line++
	switch {
	case d.line > trailerMax:
		return 431
	case c == '\r' && d.state == bodyTrailer:
		d.state = bodyEndLF
	case c == '\r' && d.state == bodyValue:
		d.state = bodyValueLF
	case d.state == bodyValue && (c >= ' ' && c != 0x7f || c == '\t'):
	case d.state == bodyTrailer && tokenSet.has(c):
		d.state = bodyName
		if d.fields++; d.fields > FieldMax {
			return 431
		}
	case d.state == bodyName && tokenSet.has(c):
	case d.state == bodyName && c == ':':
		d.state = bodyValue
	default:
		return 400
	}
	return 0
}

func hexValue(c byte) int64 {
	if digitSet.has(c) {
		return int64(c - '0')
	}
	return int64(c|0x20-'a') + 10
}
