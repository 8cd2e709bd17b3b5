package relay

import (
	"bytes"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"gonc/relay/zerocopy"
)

// bufferSize is the size of one read of a plain copy: that of a pipe by default
// (pipe(7)), and more than any datagram.
const bufferSize = 64 << 10

// buffers spares short connections, which are over after a few hundred bytes,
// a buffer of their own each.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// bulkRead is how much a read has to return for the traffic to count as bulk.
const bulkRead = bufferSize / 2

// maxPayload is the largest payload of an IPv4 datagram, in bytes: 65535 less
// the IP and UDP headers. Bytes of a stream become datagrams of at most this
// size.
const maxPayload = 65507

// zeroCopy is a test seam; nil: plain reads and writes for everything.
var zeroCopy = zerocopy.Copy

// A flow is one direction of a relay. Its mover reads and writes, and decides
// nothing; the referee reads the atomics.
type flow struct {
	from, to *End
	clock    clock
	moved    atomic.Int64 // bytes written
	last     atomic.Int64 // when something was read or written, by clock; 0: never, or the clock stands still
	lastRead atomic.Int64 // when something was read, as last
	begun    atomic.Bool  // something was read, or is known to be there
	taken    atomic.Bool  // a read has returned
	writing  atomic.Bool  // something that was read is being written
	quit     atomic.Bool  // stop reading
	first    time.Time    // of the first read; valid once begun is set
	request  atomic.Bool  // what was read begins with an HTTP/1.x request line
	most     int          // bytes to write at once; 0: any number

	opening []byte // what was read so far, while it may become a request line
	opened  bool   // what was read so far is a request line, or never will be

	undelivered int64 // bytes read that an interrupted or failed write left
}

// A clock tells the time that has passed since it was started. The zero clock
// stands still, and costs nothing to ask.
type clock struct{ began time.Time }

func (c clock) now() int64 {
	if c.began.IsZero() {
		return 0
	}
	return max(1, int64(time.Since(c.began)))
}

// run moves bytes until from is at its EOF, and returns nil, nil then. rerr is
// a failed read, werr a failed write; what was read before a read failed has
// been written. A flow that was stopped returns os.ErrDeadlineExceeded.
//
// It begins with plain reads and writes, which answer a keystroke soonest, and
// lets the kernel move the rest as soon as a read returned much.
func (f *flow) run() (rerr, werr error) {
	pooled := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(pooled)
	buf := pooled[:]
	if f.to.Datagram {
		buf = buf[:maxPayload]
	}
	if err := f.awaitFirst(); err != nil {
		return err, nil
	}
	return f.copy(buf)
}

// awaitFirst notes the first bytes before they are taken, if the source can
// tell: the referee, which asks whether anything was given, must not find it
// taken and not yet noted.
func (f *flow) awaitFirst() error {
	if f.from.src.await == nil {
		return nil
	}
	err := f.from.src.await()
	if err == nil {
		f.NoteRead()
	}
	return err
}

// copy moves bytes through buf.
func (f *flow) copy(buf []byte) (rerr, werr error) {
	bulk := false
	for empty := 0; !f.quit.Load() || !f.taken.Load(); {
		n, rerr := f.from.R.Read(buf)
		f.taken.Store(true)
		if n > 0 || rerr == nil {
			f.NoteRead()
		}
		f.noteOpening(buf[:n])
		if werr := f.WriteAll(buf[:n]); werr != nil {
			return nil, werr
		}
		switch {
		case rerr == io.EOF:
			return nil, nil
		case rerr != nil:
			return rerr, nil
		case n > 0 || f.from.Datagram:
			empty = 0
		case empty == 100:
			return io.ErrNoProgress, nil
		default:
			empty++
		}
		if n >= bulkRead && !bulk {
			bulk = true
			if handled, rerr, werr := f.zeroCopy(buf); handled {
				return rerr, werr
			}
		}
	}
	return os.ErrDeadlineExceeded, nil
}

// zeroCopy moves the flow inside the kernel, if both sides allow it; see
// zerocopy.Copy.
func (f *flow) zeroCopy(buf []byte) (handled bool, rerr, werr error) {
	if zeroCopy == nil {
		return false, nil, nil
	}
	handled, left, rerr, werr := zeroCopy(f, f.from.R, f.to.W, buf)
	f.undelivered += left
	return handled, connError("read", f.from.R, rerr), connError("write", f.to.W, werr)
}

// Stopped reports whether nothing more is to be read.
func (f *flow) Stopped() bool { return f.quit.Load() }

// SetWriting notes whether something that was read is being written.
func (f *flow) SetWriting(is bool) { f.writing.Store(is) }

// WriteAll writes all of b, if this direction is written at all.
func (f *flow) WriteAll(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if f.to.W == nil {
		f.moved.Add(int64(len(b)))
		return nil
	}
	f.writing.Store(true)
	defer f.writing.Store(false) // after NoteWritten: see referee.quiet
	for len(b) > 0 {
		piece := b
		if f.most > 0 {
			piece = b[:min(len(b), f.most)]
		}
		n, err := f.to.W.Write(piece)
		f.NoteWritten(int64(n))
		if err == nil && n < len(piece) {
			err = io.ErrShortWrite
		}
		if err != nil {
			f.undelivered = int64(len(b) - n)
			return err
		}
		b = b[n:]
	}
	return nil
}

// NoteRead notes that something was read.
func (f *flow) NoteRead() {
	if !f.begun.Load() {
		f.first = time.Now()
		f.begun.Store(true)
	}
	now := f.clock.now()
	f.last.Store(now)
	f.lastRead.Store(now)
}

// NoteWritten notes that n bytes were written.
func (f *flow) NoteWritten(n int64) {
	f.moved.Add(n)
	f.last.Store(f.clock.now())
}

// maxRequestLine bounds what is kept of a request line that comes in pieces.
const maxRequestLine = 8 << 10

// noteOpening notes whether what was read begins with a request line, which may
// come in pieces, of which b is the next one.
func (f *flow) noteOpening(b []byte) {
	if f.opened || len(b) == 0 {
		return
	}
	if f.opening != nil {
		f.opening = append(f.opening, b...)
		b = f.opening
	}
	is := isRequest(b)
	f.request.Store(is)
	f.opened = is || b[0] < 'A' || b[0] > 'Z' || len(b) > maxRequestLine || bytes.IndexByte(b, '\n') >= 0
	switch {
	case f.opened:
		f.opening = nil
	case f.opening == nil:
		f.opening = bytes.Clone(b)
	}
}

// isRequest reports whether b begins with the request line of HTTP/1.x
// (RFC 9112 section 3).
func isRequest(b []byte) bool {
	method := 0
	for method < len(b) && 'A' <= b[method] && b[method] <= 'Z' {
		method++
	}
	if method == 0 || method > 16 || method == len(b) || b[method] != ' ' {
		return false
	}
	const version = " HTTP/1."
	for i := method + 1; i < len(b) && b[i] != '\n'; i++ {
		if b[i] == ' ' && i+len(version) < len(b) && string(b[i:i+len(version)]) == version {
			return true
		}
	}
	return false
}
