package page

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"gonc/internal/http1"
)

// An input is what has been read and not yet been used, and how far the
// request in it has got.
type input struct {
	buf     []byte // first, or one it has outgrown
	claimed int64  // bytes of Page.claimed for that
	r, w    int    // buf[r:w] is unread
	head    http1.Head
	body    http1.Body
	headed  bool     // the head is done, this is the body
	persist bool     // the connection outlives the answer
	logged  *Request // for Log; nil before the head is parsed
	first   [4 << 10]byte
}

var inputs = sync.Pool{New: func() any { return new(input) }}

// input returns s.in, taking one if there is none.
func (s *conn) input() *input {
	if s.in == nil {
		s.in = inputs.Get().(*input)
		s.in.buf = s.in.first[:]
	}
	return s.in
}

// release gives the input back. A buffer it has grown goes: the next one to
// use it is as likely as not to need no more than the first 4 KiB.
func (s *conn) release() {
	if in := s.in; in != nil {
		s.page.claimed.Add(-in.claimed)
		in.buf, in.r, in.w, in.claimed = nil, 0, 0, 0
		in.next()
		inputs.Put(in)
		s.in = nil
	}
}

// next forgets the request.
func (in *input) next() {
	in.head = http1.Head{}
	in.headed = false
	in.logged = nil
}

// space returns the part of the buffer to read into. It is never empty: a head that fills the largest
// buffer has been refused, and of a body nothing is kept.
func (in *input) space() []byte {
	if in.r > 0 {
		in.w = copy(in.buf, in.buf[in.r:in.w])
		in.r = 0
	}
	if in.w == len(in.buf) {
		grown := make([]byte, min(2*len(in.buf), http1.HeadMax))
		copy(grown, in.buf)
		in.buf = grown
	}
	return in.buf[in.w:]
}

// mayGrow claims the memory that the next read of a head needs. It reports
// false if other connections hold so much that there is none for this one.
func (s *conn) mayGrow() bool {
	in := s.in
	if in.w-in.r < len(in.buf) {
		return true
	}
	more := int64(min(2*len(in.buf), http1.HeadMax)) - in.claimed
	if s.page.claimed.Add(more) > claimedMax {
		s.page.claimed.Add(-more)
		return false
	}
	in.claimed += more
	return true
}

// skipEmptyLines passes over empty lines before a request line (RFC 9112
// section 2.2). They neither begin a head nor prolong an idle connection.
func (in *input) skipEmptyLines() {
	for in.head.Len == 0 && in.r < in.w {
		switch {
		case in.buf[in.r] == '\n':
			in.r++
		case in.buf[in.r] == '\r' && in.r+1 < in.w && in.buf[in.r+1] == '\n':
			in.r += 2
		default:
			return
		}
		in.head = http1.Head{}
	}
}

// starved says what it means that no more could be read. A head or a body
// that is late gets its 408. Silence gets nothing, from the first moment on:
// browsers connect ahead of use, and would take a 408 for the answer to what
// they send next; and a request that is typed by hand gets the time to begin.
func (s *conn) starved(err error) error {
	s.now = time.Now()
	late := errors.Is(err, os.ErrDeadlineExceeded)
	switch {
	case late && s.stopping():
		return errDone
	case late && !s.limit.IsZero():
		return s.refuse(408)
	case late:
		return errDone
	case err == io.EOF && s.limit.IsZero():
		return errDone
	case err == io.EOF:
		return io.ErrUnexpectedEOF
	}
	return err
}

// deadline returns the deadline that c should have: limit, or if limit is zero the idle
// limit, which counts from the last answer. Each change arms a timer, so the
// idle limit is moved only when a second has passed since the last time;
// hence idleSlack.
func (s *conn) deadline(limit time.Time) time.Time {
	if !limit.IsZero() {
		return limit
	}
	if idle := s.armed.Sub(s.active); idleTime <= idle && idle <= idleTime+idleSlack {
		return s.armed
	}
	return s.active.Add(idleTime + idleSlack)
}

// arm sets the deadline of c.
func (s *conn) arm(limit time.Time) {
	t := s.deadline(limit)
	if t == s.armed {
		return
	}
	s.armed = t
	s.c.SetDeadline(t)
	if s.stopping() { // the deadlines of stop may just have been overwritten
		s.stop.hurry(s)
	}
}
