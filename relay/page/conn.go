package page

import (
	"errors"
	"net"
	"syscall"
	"time"

	"gonc/internal/http1"
	"gonc/relay"
)

// A conn is one connection to a Page. It is kept small: ten thousand of
// them wait for a request at once, and what they need only while there is one
// is in a input and a output.
type conn struct {
	page   *Page
	c      net.Conn
	raw    syscall.RawConn       // nil: the plain way
	ready  func(fd uintptr) bool // rawTurn, for raw
	fd     int                   // valid during rawTurn, else -1
	in     *input                // nil while nothing has been read
	out    *output               // nil while nothing is to be written
	err    error                 // what rawTurn met
	now    time.Time             // of the last read or write
	active time.Time             // of the last answer, begun or written; first of the connect
	armed  time.Time             // the deadline of c
	limit  time.Time             // for the head or body under way; zero: idle
	stop   *stopGroup            // nil: nothing stops it
	next   *conn                 // in the list of stop
	prev   *conn
	totals *relay.Totals // nil: nothing is counted
	linger bool          // the client may still be sending when this ends
}

// errDone ends a connection without an error.
var errDone = errors.New("done")

// servePlain answers requests until there is an error; errDone is one.
func (s *conn) servePlain() error {
	for {
		s.arm(s.limit)
		n, err := s.c.Read(s.input().space())
		if n == 0 && err != nil {
			return s.starved(err)
		}
		if err := s.took(n); err != nil {
			return err
		}
	}
}

// took answers what can be answered now that n more bytes have been read. To
// take the output and to write it stands here, and not where the answer is
// made, to keep the stack shallow: a connection then gets by with the 2 KiB
// that a goroutine starts with.
func (s *conn) took(n int) error {
	s.now = time.Now()
	s.received(n)
	s.in.w += n
	s.output()
	err := s.answerAll()
	if err == nil || err == errDone {
		if err := s.flush(); err != nil {
			return err
		}
	}
	return err
}

// received counts n bytes that were read.
func (s *conn) received(n int) {
	if s.totals != nil {
		s.totals.Receive(n)
	}
}

// sent counts n bytes that were written.
func (s *conn) sent(n int64) {
	if s.totals != nil {
		s.totals.Sent += n
	}
}

// answerAll answers every request that has been read whole, and starts the
// clock of one that has not.
func (s *conn) answerAll() (err error) {
	in := s.in
	for more := true; more && err == nil; {
		if in.headed {
			more, err = s.dropBody()
		} else {
			more, err = s.readHead()
		}
	}
	return err
}

// readHead goes on with a head. It reports whether there was all of it.
func (s *conn) readHead() (done bool, err error) {
	in := s.in
	in.skipEmptyLines()
	if in.r == in.w {
		s.limit = time.Time{}
		return false, nil
	}
	done, status := in.head.Parse(in.buf[in.r:in.w])
	switch {
	case status != 0:
		return false, s.refuse(status)
	case done && in.head.Length > bodyMax:
		return false, s.refuse(413)
	case done:
		return true, s.headDone()
	case !s.mayGrow():
		return false, s.refuse(503)
	case s.limit.IsZero():
		s.limit = s.now.Add(headTime)
	}
	return false, nil
}

// headDone is called when a head has been parsed. Without a body, or when it
// will not be read, the answer is due.
//
// A client that waits for a 100 gets the final answer instead (RFC 9110
// section 10.1.1). It may then send its body or not, and what comes next
// could be either: only a close leaves no doubt.
func (s *conn) headDone() error {
	in := s.in
	in.persist = in.head.Persists()
	if s.page.Log != nil {
		in.logged = s.logged()
	}
	in.r += in.head.Len
	switch {
	case !in.head.HasBody():
		return s.requestDone()
	case in.head.Expect && in.head.Minor > 0 && in.r == in.w:
		in.persist, s.linger = false, true
		return s.requestDone()
	}
	s.expectBody()
	return nil
}

// expectBody has the body of the request read and dropped. It is not part of
// headDone, whose frame stays on the stack while the answer is made.
func (s *conn) expectBody() {
	in := s.in
	in.headed = true
	in.body = in.head.Body()
	in.body.Limit = bodyMax
	s.limit = s.now.Add(bodyTime)
}

// dropBody goes on with a body. It reports whether there was all of it.
func (s *conn) dropBody() (done bool, err error) {
	in := s.in
	n, done, status := in.body.Take(in.buf[in.r:in.w])
	in.r += n
	switch {
	case status != 0:
		return false, s.refuse(status)
	case done:
		return true, s.requestDone()
	}
	return false, nil
}

// requestDone answers a request that has been read.
func (s *conn) requestDone() error {
	in := s.in
	if s.stopping() {
		in.persist, s.linger = false, true
	}
	if err := s.answer(); err != nil {
		return err
	}
	if !in.persist {
		s.linger = s.linger || in.r < in.w
		return errDone
	}
	in.next()
	s.limit = time.Time{}
	return nil
}

// answer answers a request that has been read whole.
func (s *conn) answer() error {
	switch s.in.head.Method {
	case http1.MethodGet, http1.MethodHead:
		if s.page.File != "" {
			return s.answerFile()
		}
		return s.answerBody()
	case http1.MethodOther:
		return s.answerStatus(405)
	}
	return s.answerStatus(501)
}

// refuse answers what can't be read to its end, and ends: it is unknown where
// the next request starts (RFC 9112 section 9.3).
func (s *conn) refuse(status int) error {
	in := s.in
	in.persist, s.linger = false, true
	if s.page.Log != nil && in.logged == nil {
		in.logged = s.logged()
	}
	if err := s.answerStatus(status); err != nil {
		return err
	}
	return errDone
}
