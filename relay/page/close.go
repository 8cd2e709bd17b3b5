package page

import "time"

// finish writes what is due and closes the sending half with care, if it must.
func (s *conn) finish() error {
	if err := s.flush(); err != nil {
		return err
	}
	if s.linger {
		s.drain()
	}
	return nil
}

// drain is the lingering close of RFC 9112 section 9.6: unread
// input would make the close a reset, and a reset may take the last answer
// with it. A connection that can't be half-closed is just closed.
func (s *conn) drain() {
	half, ok := s.c.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	until := time.Now().Add(graceTime)
	if s.stopping() && s.stop.until.Before(until) {
		until = s.stop.until
	}
	s.c.SetReadDeadline(until)
	buf := s.input().buf
	for n := 0; n < drainMax; {
		m, err := s.c.Read(buf)
		s.received(m)
		if err != nil {
			return
		}
		n += m
	}
}
