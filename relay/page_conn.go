package relay

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// A pageConn is one connection to a Page. It is kept small: ten thousand of
// them wait for a request at once, and what they need only while there is one
// is in a pageInput and a pageOutput.
type pageConn struct {
	page   *Page
	c      net.Conn
	raw    syscall.RawConn       // nil: read the plain way
	ready  func(fd uintptr) bool // tryRead, for raw
	in     *pageInput            // nil while nothing has been read
	out    *pageOutput           // nil while nothing is to be written
	err    error                 // what tryRead met
	now    time.Time             // of the last read or write
	armed  time.Time             // the deadline of c
	limit  time.Time             // for the head or body under way; zero: idle
	stop   *pageStop             // nil: nobody can stop it
	next   *pageConn             // in the list of stop
	prev   *pageConn
	linger bool // the client may still be sending when this ends
}

// errPageDone ends a connection without an error.
var errPageDone = errors.New("done")

// serve answers requests until there is an error; errPageDone is one.
func (s *pageConn) serve() error {
	for {
		if err := s.fill(); err != nil {
			return err
		}
		if err := s.answerAll(); err != nil {
			return err
		}
	}
}

// answerAll answers every request that has been read whole, and starts the
// clock of one that has not.
func (s *pageConn) answerAll() error {
	in := s.in
	for in.skipEmptyLines(); in.r < in.w; in.skipEmptyLines() {
		done, status := in.head.parse(in.buf[in.r:in.w])
		if status != 0 {
			return s.refuse(status)
		}
		if !done {
			if s.limit.IsZero() {
				s.limit = s.now.Add(pageHeadTime)
			}
			return nil
		}
		if err := s.answerOne(); err != nil {
			return err
		}
	}
	s.limit = time.Time{}
	return nil
}

// answerOne answers the request whose head has been parsed.
func (s *pageConn) answerOne() error {
	in := s.in
	in.persist = in.head.persists()
	if s.page.Log != nil {
		in.logged = s.logged()
	}
	in.r += in.head.pos
	if in.head.hasBody() {
		if err := s.body(); err != nil {
			return err
		}
	}
	if s.stopping() {
		in.persist, s.linger = false, true
	}
	if err := s.answer(); err != nil {
		return err
	}
	if !in.persist {
		s.linger = s.linger || in.r < in.w
		return s.lastFlush()
	}
	in.head, in.logged = pageHead{}, nil
	s.limit = time.Time{}
	return nil
}

// body reads the body of the request and drops it.
//
// A client that waits for a 100 gets the final answer instead (RFC 9110
// section 10.1.1). It may then send its body or not, and what comes next
// could be either: only a close leaves no doubt.
func (s *pageConn) body() error {
	in := s.in
	if in.head.expect && in.head.minor > 0 && in.r == in.w {
		in.persist, s.linger = false, true
		return nil
	}
	in.body = pageBody{left: in.head.length}
	if in.head.chunked {
		in.body = pageBody{state: bodySize}
	}
	s.limit = s.now.Add(pageBodyTime)
	for {
		n, done, status := in.body.drop(in.buf[in.r:in.w])
		in.r += n
		switch {
		case status != 0:
			return s.refuse(status)
		case done:
			return nil
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// answer answers a request that has been read whole.
func (s *pageConn) answer() error {
	switch s.in.head.method {
	case methodGet, methodHead:
		if s.page.File != "" {
			return s.answerFile()
		}
		return s.answerBody()
	case methodOther:
		return s.answerStatus(405)
	}
	return s.answerStatus(501)
}

// refuse answers what can't be read to its end, and ends: nobody knows where
// the next request starts (RFC 9112 section 9.3).
func (s *pageConn) refuse(status int) error {
	in := s.in
	in.persist, s.linger = false, true
	if s.page.Log != nil && in.logged == nil {
		in.logged = s.logged()
	}
	if err := s.answerStatus(status); err != nil {
		return err
	}
	return s.lastFlush()
}
