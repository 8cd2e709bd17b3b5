package share

import (
	"io"
	"os"
	"sort"
	"time"
)

// A Subscription reads a Log for one connection. One Read is (a part of) one
// piece.
type Subscription struct {
	l       *Log
	at      int64 // offset of the next byte
	ended   bool
	stopped bool // the connection puts nothing more
	lag     func()

	since  time.Time     // when it fell maxLag behind; zero: it is not
	waited time.Duration // for it, before, since it had caught up
}

// patience returns how long to wait for s, which is lag bytes behind: only one
// that has caught up since gets all of Patience again, so that a slow one
// cannot make the others wait for it time and again.
func (s *Subscription) patience(lag int64, now time.Time) time.Duration {
	switch behind := lag > maxLag; {
	case behind && s.since.IsZero():
		s.since = now
	case !behind && !s.since.IsZero():
		s.waited += now.Sub(s.since)
		s.since = time.Time{}
	}
	if lag < readAhead {
		s.waited = 0
	}
	limit := s.l.Patience
	if s.since.IsZero() {
		return limit
	}
	return limit - s.waited - now.Sub(s.since)
}

func (s *Subscription) Read(p []byte) (int, error) {
	l := s.l
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		s.skipOwn()
		switch {
		case s.ended:
			return 0, os.ErrDeadlineExceeded
		case s.at < l.head:
			n := copy(p, s.next().b[s.at-s.next().begin:])
			s.advance(s.at + int64(n))
			return n, nil
		case l.err != nil:
			return 0, l.err
		}
		l.change.Wait()
	}
}

// next returns the piece that s is in.
func (s *Subscription) next() *piece {
	pieces := s.l.pieces
	return &pieces[sort.Search(len(pieces), func(i int) bool { return pieces[i].begin > s.at })-1]
}

// skipOwn skips what the connection has put itself.
func (s *Subscription) skipOwn() {
	for !s.ended && s.at < s.l.head && s.next().from == s {
		p := s.next()
		s.advance(p.begin + int64(len(p.b)))
	}
}

// advance notes that s has read up to an offset.
func (s *Subscription) advance(to int64) {
	s.at = to
	s.l.taken = max(s.l.taken, to)
	s.l.trim()
	s.l.change.Broadcast()
}

// Quit ends the subscription: no source waits for it any more, nor is it
// blamed for what it does not take.
func (s *Subscription) Quit() {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	s.drop()
	s.l.change.Broadcast()
}

// drop is Quit with the lock held, and without waking the others.
func (s *Subscription) drop() {
	s.ended = true
	delete(s.l.subs, s)
	s.l.trim()
}

// Stop ends what the connection puts.
func (s *Subscription) Stop() {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	s.stopped = true
	s.l.change.Broadcast()
}

// Over reports whether nothing will come any more.
func (s *Subscription) Over() bool {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	return s.at == s.l.head && s.l.err == io.EOF
}

// Ready reports whether Read would return at once.
func (s *Subscription) Ready() bool {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	s.skipOwn()
	return s.at < s.l.head || s.l.err != nil
}
