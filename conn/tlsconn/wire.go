package tlsconn

import (
	"io"
	"net"
	"sync"
	"time"
)

const (
	recordHeader = 5        // bytes
	maxPlaintext = 16 << 10 // of a record (RFC 8446 section 5.1)
	maxOverhead  = 256      // of a record, beyond its plaintext (RFC 8446 section 5.2)

	smallBuffer = 4 << 10
	bigBuffer   = 128 << 10
	batch       = bigBuffer / maxPlaintext * maxPlaintext // plaintext that is written at once
)

// A wire is what crypto/tls reads from and writes to: the connection, with many
// records a system call. Between file and network that is a third less
// processor time than crypto/tls on the bare connection.
//
// Reading, it asks for as much as a buffer holds, and hands on no more than one
// record at a time. So it knows whether a whole record is there, and Conn.Read
// takes that one too instead of returning with 16 KiB. Writing, it gathers the
// records of one Conn.Write.
type wire struct {
	raw net.Conn

	// For the one that reads.
	small  [smallBuffer]byte
	buf    []byte // small, or big while much comes
	big    *[bigBuffer]byte
	r, w   int  // what is there is buf[r:w]
	left   int  // bytes of the record under way that are yet to be handed on
	noWait bool // fail with errNoRecord instead of waiting at a record boundary

	mu     sync.Mutex // of what follows
	corked bool
	out    []byte // what was written while corked

	// For the handshake.
	handshake *handshake // nil: it is over
	records   int        // that begin as a record of TLS does
	sentHello bool       // or another message of the handshake
	sentAlert uint8      // the last one that was not encrypted
	gotAlert  uint8      // of the last record received
	asked     bool       // the server wants a certificate, and there is none
}

var bigBuffers = sync.Pool{New: func() any { return new([bigBuffer]byte) }}

// outBuffers are for what is written at once.
var outBuffers = sync.Pool{New: func() any { return new([batch + batch/maxPlaintext*(recordHeader+maxOverhead)]byte) }}

func newWire(nc net.Conn) *wire {
	w := &wire{raw: nc}
	w.buf = w.small[:]
	return w
}

// errNoRecord says that no whole record is there. crypto/tls forgets an error
// that is temporary.
type errNoRecord struct{}

func (errNoRecord) Error() string   { return "no record is there" }
func (errNoRecord) Timeout() bool   { return false }
func (errNoRecord) Temporary() bool { return true }

// Read hands on what is there of the next record.
func (w *wire) Read(p []byte) (int, error) {
	if w.left == 0 {
		if w.noWait && !w.whole() {
			return 0, errNoRecord{}
		}
		for w.w-w.r < recordHeader {
			if err := w.fill(); err != nil {
				return 0, err
			}
		}
		w.left = recordLen(w.buf[w.r:])
		w.records += isRecord(w.buf[w.r])
		if w.handshake != nil {
			w.gotAlert = plainAlert(w.buf[w.r:w.w])
		}
	}
	if w.r == w.w {
		if err := w.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.buf[w.r:min(w.w, w.r+w.left)])
	w.r += n
	w.left -= n
	return n, nil
}

// recordLen returns the length of the record with the header b.
func recordLen(b []byte) int { return recordHeader + int(b[3])<<8 + int(b[4]) }

// isRecord returns 1 if first begins a record of TLS (RFC 8446 section 5.1) or
// a hello of SSL 2.0, which OpenSSL once sent.
func isRecord(first byte) int {
	if first >= 20 && first <= 24 || first == 0x80 {
		return 1
	}
	return 0
}

// whole reports whether a whole record is there.
func (w *wire) whole() bool {
	return w.left == 0 && w.w-w.r >= recordHeader && w.w-w.r >= recordLen(w.buf[w.r:])
}

// fill reads once. A connection that ends is one that was cut off: crypto/tls
// reads no further than close_notify, the end that is meant.
func (w *wire) fill() error {
	w.fit()
	n, err := w.raw.Read(w.buf[w.w:])
	w.w += n
	switch {
	case n > 0:
		return nil
	case err == io.EOF:
		return &TruncatedError{}
	case err == nil:
		return io.ErrNoProgress
	}
	return err
}

// fit makes room in the buffer. One that was filled to its end is followed by
// a big one, and a big one that is hardly needed is given back, so that a
// connection that idles holds little.
func (w *wire) fit() {
	kept := w.w - w.r
	switch {
	case w.big == nil && w.w == len(w.buf):
		w.big = bigBuffers.Get().(*[bigBuffer]byte)
		copy(w.big[:], w.buf[w.r:w.w])
		w.buf = w.big[:]
	case w.big != nil && kept == 0 && w.w < smallBuffer:
		w.release()
	default:
		copy(w.buf, w.buf[w.r:w.w])
	}
	w.r, w.w = 0, kept
}

// release gives the big buffer back, with what is in it.
func (w *wire) release() {
	if w.big != nil {
		bigBuffers.Put(w.big)
	}
	w.big, w.buf, w.r, w.w = nil, w.small[:], 0, 0
}

// foreign returns what a peer has said that does not speak TLS.
func (w *wire) foreign() (said string, ok bool) {
	if w.records > 0 || w.w == 0 || isRecord(w.buf[0]) == 1 {
		return "", false
	}
	return printable(string(w.buf[:min(w.w, 2*maxText)]), maxText), true
}

// Write sends b, or keeps it until flush.
func (w *wire) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.corked {
		w.out = append(w.out, b...)
		return len(b), nil
	}
	if w.handshake != nil {
		w.note(b)
	}
	return w.raw.Write(b)
}

// note notes what of b, a record of the handshake, tells why it fails.
func (w *wire) note(b []byte) {
	if b[0] == recordHandshake {
		w.sentHello = true
	}
	w.sentAlert = plainAlert(b)
}

// plainAlert returns the alert that the record b holds; zero if it is none or
// encrypted.
func plainAlert(b []byte) uint8 {
	if len(b) == recordHeader+2 && b[0] == recordAlert && recordLen(b) == len(b) {
		return b[recordHeader+1]
	}
	return 0
}

// Types of records (RFC 8446 section 5.1).
const (
	recordAlert     = 21
	recordHandshake = 22
)

// cork keeps what is written from now on in buf.
func (w *wire) cork(buf []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.corked, w.out = true, buf
}

// flush sends what was kept. It returns how much that was, and how much of it
// was sent.
func (w *wire) flush() (kept, sent int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept = len(w.out)
	sent, err = w.raw.Write(w.out)
	w.corked, w.out = false, nil
	return kept, sent, err
}

func (w *wire) Close() error                    { return w.raw.Close() }
func (w *wire) LocalAddr() net.Addr             { return w.raw.LocalAddr() }
func (w *wire) RemoteAddr() net.Addr            { return w.raw.RemoteAddr() }
func (w *wire) SetReadDeadline(time.Time) error { return nil }

// SetDeadline and SetWriteDeadline do nothing. crypto/tls gives close_notify
// five seconds, which a peer that is slow to read may exceed while all is
// well. Deadlines are set on the bare connection.
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
