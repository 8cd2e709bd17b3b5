package relay

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// bufferSize is what the plain copy reads at once: what a pipe holds by
// default (pipe(7)), and more than any datagram.
const bufferSize = 64 << 10

// buffers spares short connections, which are over after a few hundred bytes,
// a buffer of their own each.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// bulkRead is how much a read has to bring for the traffic to be taken for
// bulk, in bytes.
const bulkRead = bufferSize / 2

// MaxPayload is the largest payload of an IPv4 datagram, in bytes: 65535 less
// the IP and UDP headers. Local bytes become datagrams of at most this size.
const MaxPayload = 65507

// noZeroCopy is a test seam: the plain way for everything.
var noZeroCopy bool

// A flow is one direction of a Pipe.
type flow struct {
	from, to End
	back     *flow   // the other direction; nil: there is none
	way      *oneWay // nil with back
	watch    *watchdog
	moved    atomic.Int64 // bytes written
	begun    atomic.Bool  // something was read
	first    time.Time    // when begun was set; for whoever has seen the flow end
	quit     atomic.Bool  // stop reading
	writing  atomic.Bool  // something that was read is being written
	most     int          // bytes to write at once; 0: any number
	stuck    int64        // bytes read that an interrupted or failed write left
}

// run moves bytes until from ends, and returns nil, nil then. rerr is a
// failed read, werr a failed write; what was read before a read fails has
// been written. A flow that was told to quit or interrupted fails with
// os.ErrDeadlineExceeded.
//
// It begins the plain way, which answers a keystroke soonest, and lets the
// kernel move the rest as soon as a read has come in bulk.
func (f *flow) run() (rerr, werr error) {
	if f.mayIdle() {
		f.most = slowPiece
	}
	pooled := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(pooled)
	buf := pooled[:]
	if f.to.Datagram {
		buf = buf[:MaxPayload]
	}
	if err := f.begin(); err != nil {
		return err, nil
	}
	return f.copy(buf)
}

// copy is run with a buffer.
func (f *flow) copy(buf []byte) (rerr, werr error) {
	bulk := false
	for empty := 0; !f.quit.Load(); {
		n, rerr := f.from.R.Read(buf)
		if n > 0 || rerr == nil {
			f.began()
		}
		if werr := f.write(buf[:n]); werr != nil {
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
			if handled, rerr, werr := f.zeroCopy(); handled {
				return rerr, werr
			}
		}
	}
	return os.ErrDeadlineExceeded, nil
}

// begin notes the first bytes before they are taken, if that can be had:
// whoever asks whether anything was given must not find it taken and not yet
// noted.
func (f *flow) begin() error {
	if f.from.await == nil {
		return nil
	}
	err := f.from.await()
	if err == nil {
		f.began()
	}
	return err
}

// write writes all of b, if there is anywhere to write it to.
func (f *flow) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if f.to.W == nil {
		f.moved.Add(int64(len(b)))
		return nil
	}
	f.writing.Store(true)
	defer f.writing.Store(false) // after wrote: see awaitQuiet
	for len(b) > 0 {
		piece := b
		if f.most > 0 {
			piece = b[:min(len(b), f.most)]
		}
		n, err := f.to.W.Write(piece)
		f.wrote(int64(n))
		if err == nil && n < len(piece) {
			err = io.ErrShortWrite
		}
		if err != nil {
			f.stuck = int64(len(b) - n)
			return err
		}
		b = b[n:]
	}
	return nil
}

// slowPiece is what is written at once to what may be slow and must not be
// taken for idle: PIPE_BUF of Linux, for which a pipe that is read has room.
const slowPiece = 4 << 10

// mayIdle reports whether a write that takes its time could be taken for
// idleness.
func (f *flow) mayIdle() bool {
	if !f.watch.armed() || f.from.Datagram || f.to.Datagram {
		return false
	}
	_, _, known := acked(f.to.bare)
	return !known // else see pipe.idle
}

// began notes that something was read.
func (f *flow) began() {
	if !f.begun.Load() {
		f.first = time.Now()
		f.begun.Store(true)
	}
	f.watch.touch()
}

// wrote counts n bytes written.
func (f *flow) wrote(n int64) {
	if f.moved.Add(n) == n && f.way != nil {
		f.way.over()
	}
	f.watch.touch()
}

// remoteError is err as package net would report it, if c is a connection.
func remoteError(op string, c any, err error) error {
	nc, ok := c.(net.Conn)
	if !ok || interrupted(err) {
		return err
	}
	return &net.OpError{Op: op, Net: nc.RemoteAddr().Network(), Source: nc.LocalAddr(), Addr: nc.RemoteAddr(), Err: err}
}
