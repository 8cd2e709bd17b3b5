package relay

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"sort"
	"sync"
	"time"
)

// readAhead bounds how far a source is read ahead of the fastest connection.
const readAhead = 256 << 10

// maxLag bounds how far a connection may fall behind the fastest one.
const maxLag = 1 << 20

// lagPatience bounds how long reading waits for a connection that has fallen so
// far behind. One that reads, and was only not its turn to run, needs a few
// milliseconds: the buffers of a connection take more than maxLag at once.
const lagPatience = 500 * time.Millisecond

// minPiece is the least that a piece of the log has room for, but where it is
// a datagram.
const minPiece = 4 << 10

// ErrLagging says that a connection took what it was sent so much more slowly
// than another one that it was closed; over TCP with a reset, for its peer to
// know that something is missing.
var ErrLagging = errors.New("fell 1 MiB behind the fastest connection")

// lagging returns ErrLagging if that ended ctx, and else err: what a connection
// that was closed for it fails with says nothing.
func lagging(ctx context.Context, err error) error {
	if context.Cause(ctx) == ErrLagging {
		return ErrLagging
	}
	return err
}

// A sharedLog is a log of what several connections are to be sent, which its
// subscriptions read. What the sources give is taken at the pace of the
// fastest subscription, and one that falls far behind it is given up, so that
// it neither stalls the others nor makes the log grow.
type sharedLog struct {
	packets  bool          // some connection is of datagrams: no two puts become one
	fromNow  bool          // what no connection has got is not kept for the next one
	patience time.Duration // a test's lagPatience; zero: that

	mu     sync.Mutex
	change sync.Cond
	log    []piece // what some subscription has still to read
	head   int64   // offset of the end of log
	taken  int64   // offset up to which some subscription has read
	err    error   // io.EOF, or why the source could not be read; nil: there may be more
	closed bool
	subs   map[*subscription]struct{}
}

// A piece is consecutive bytes of one source.
type piece struct {
	begin int64         // offset of b in the log
	from  *subscription // the connection that sent it, which does not get it back; nil: none
	b     []byte
}

func (f *sharedLog) init() {
	f.change.L = &f.mu
	f.subs = make(map[*subscription]struct{})
}

// close ends the waits of sources for room.
func (f *sharedLog) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.change.Broadcast()
}

// end says that nothing more comes, because of err. Nil means that there may
// be more.
func (f *sharedLog) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	f.change.Broadcast()
}

// put appends b, which from gave, to the log. What comes in small pieces from
// one source shares pieces, so that the log costs little more than its bytes.
func (f *sharedLog) put(from *subscription, b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, others := f.fastest(from); len(b) > 0 && (from == nil || others) {
		f.append(from, b)
		f.change.Broadcast()
	}
}

// append is put with the lock held.
func (f *sharedLog) append(from *subscription, b []byte) {
	last := len(f.log) - 1
	if !f.packets && last >= 0 && f.log[last].from == from && len(f.log[last].b)+len(b) <= cap(f.log[last].b) {
		f.log[last].b = append(f.log[last].b, b...)
	} else {
		room := len(b)
		if !f.packets {
			room = max(room, minPiece)
		}
		f.log = append(f.log, piece{f.head, from, append(make([]byte, 0, room), b...)})
	}
	f.head += int64(len(b))
}

// announce puts b into the log for every subscription without waiting for any
// of them: those that have fallen too far behind its end are given up.
func (f *sharedLog) announce(b []byte) {
	f.put(nil, b)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waitFor(f.head)
	f.trim()
}

// room waits until the fastest subscription other than from has nearly caught
// up, and those far behind it have had their time to; false when nothing more
// is to be put. from, if it is alone, has nothing to wait for.
func (f *sharedLog) room(from *subscription) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.err == nil && !f.closed && (from == nil || !from.stopped) {
		fastest, any := f.fastest(from)
		switch {
		case !any && from != nil:
			return true
		case any && f.head-fastest < readAhead && !f.waitFor(fastest):
			return true
		}
		f.change.Wait()
	}
	return false
}

// fastest returns how far the fastest subscription other than from has read.
func (f *sharedLog) fastest(from *subscription) (at int64, any bool) {
	for s := range f.subs {
		if s != from {
			at, any = max(at, s.at), true
		}
	}
	return at, any
}

// waitFor reports whether a subscription lags behind fastest that may still
// catch up, and gives up those whose time for that is over.
func (f *sharedLog) waitFor(fastest int64) (wait bool) {
	now := time.Now()
	for s := range f.subs {
		left := s.patience(fastest-s.at, now)
		switch {
		case left <= 0:
			s.lag()
			s.drop()
		case !s.since.IsZero():
			wait = true
			time.AfterFunc(left, f.wake)
		}
	}
	return wait
}

func (f *sharedLog) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change.Broadcast()
}

// subscribe begins a subscription at the end of the log, or, unless fromNow, at
// what no connection has got yet. packets says that it is of datagrams. lag is called
// when it has fallen behind.
func (f *sharedLog) subscribe(packets bool, lag func()) *subscription {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.packets = f.packets || packets
	s := &subscription{f: f, at: f.head, lag: lag}
	if len(f.subs) == 0 && !f.fromNow {
		s.at = f.taken
	}
	f.subs[s] = struct{}{}
	f.change.Broadcast()
	return s
}

// trim forgets what every subscription has read.
func (f *sharedLog) trim() {
	oldest := f.head
	if len(f.subs) == 0 && !f.fromNow {
		oldest = f.taken
	}
	for s := range f.subs {
		oldest = min(oldest, s.at)
	}
	drop := 0
	for drop < len(f.log) && f.log[drop].begin+int64(len(f.log[drop].b)) <= oldest {
		f.log[drop].b = nil
		drop++
	}
	f.log = f.log[drop:]
}

// A subscription reads a sharedLog for one connection. One Read is (a part of) one
// piece.
type subscription struct {
	f       *sharedLog
	at      int64 // offset of the next byte
	ended   bool
	stopped bool // the connection puts nothing more
	lag     func()

	since  time.Time     // when it fell maxLag behind; zero: it is not
	waited time.Duration // for it, before, since it had caught up
}

// patience returns how long to wait for s, which is lag bytes behind: only one
// that has caught up since gets all of lagPatience again, so that a slow one
// cannot make the others wait for it time and again.
func (s *subscription) patience(lag int64, now time.Time) time.Duration {
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
	limit := cmp.Or(s.f.patience, lagPatience)
	if s.since.IsZero() {
		return limit
	}
	return limit - s.waited - now.Sub(s.since)
}

func (s *subscription) Read(p []byte) (int, error) {
	f := s.f
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		s.skipOwn()
		switch {
		case s.ended:
			return 0, os.ErrDeadlineExceeded
		case s.at < f.head:
			n := copy(p, s.next().b[s.at-s.next().begin:])
			s.advance(s.at + int64(n))
			return n, nil
		case f.err != nil:
			return 0, f.err
		}
		f.change.Wait()
	}
}

// next returns the piece that s is in.
func (s *subscription) next() *piece {
	log := s.f.log
	return &log[sort.Search(len(log), func(i int) bool { return log[i].begin > s.at })-1]
}

// skipOwn skips what the connection has put itself.
func (s *subscription) skipOwn() {
	for !s.ended && s.at < s.f.head && s.next().from == s {
		p := s.next()
		s.advance(p.begin + int64(len(p.b)))
	}
}

// advance notes that s has read up to an offset.
func (s *subscription) advance(to int64) {
	s.at = to
	s.f.taken = max(s.f.taken, to)
	s.f.trim()
	s.f.change.Broadcast()
}

// quit ends the subscription: no source waits for it any more, nor is it
// blamed for what it does not take.
func (s *subscription) quit() {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.drop()
	s.f.change.Broadcast()
}

// drop is quit with the lock held, and without waking the others.
func (s *subscription) drop() {
	s.ended = true
	delete(s.f.subs, s)
	s.f.trim()
}

// stop ends what the connection puts.
func (s *subscription) stop() {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.stopped = true
	s.f.change.Broadcast()
}

// over reports whether nothing will come any more.
func (s *subscription) over() bool {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	return s.at == s.f.head && s.f.err == io.EOF
}

// ready reports whether Read would return at once.
func (s *subscription) ready() bool {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.skipOwn()
	return s.at < s.f.head || s.f.err != nil
}
