// Package share lets many connections share one input and one output. A Log
// gives all of them what one source, or several, have to say, at the pace of the
// fastest; Lines and Locked keep what they write apart.
package share

import (
	"errors"
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

// A Log is a log of what several connections are to be sent, which its
// subscriptions read. What the sources give is taken at the pace of the
// fastest subscription, and one that falls far behind it is given up, so that
// it neither stalls the others nor makes the log grow.
type Log struct {
	// FromNow says that what no connection has got is not kept for the next one.
	FromNow bool

	// Patience bounds how long sources wait for a connection that has fallen far
	// behind.
	Patience time.Duration

	mu      sync.Mutex
	change  sync.Cond
	packets bool    // some connection is of datagrams: no two puts become one
	pieces  []piece // what some subscription has still to read
	head    int64   // offset of their end
	taken   int64   // offset up to which some subscription has read
	err     error   // io.EOF, or why the source could not be read; nil: there may be more
	closed  bool
	subs    map[*Subscription]struct{}
}

// A piece is consecutive bytes of one source.
type piece struct {
	begin int64         // offset of b in the log
	from  *Subscription // the connection that sent it, which does not get it back; nil: none
	b     []byte
}

// NewLog returns an empty Log.
func NewLog() *Log {
	l := &Log{Patience: lagPatience, subs: make(map[*Subscription]struct{})}
	l.change.L = &l.mu
	return l
}

// Close ends the waits of sources for room.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.change.Broadcast()
}

// End says that nothing more comes, because of err. Nil means that there may
// be more.
func (l *Log) End(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
	l.change.Broadcast()
}

// Put appends b, which from gave, to the log. What comes in small pieces from
// one source shares pieces, so that the log costs little more than its bytes.
func (l *Log) Put(from *Subscription, b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, others := l.fastest(from); len(b) > 0 && (from == nil || others) {
		l.append(from, b)
		l.change.Broadcast()
	}
}

// append is Put with the lock held.
func (l *Log) append(from *Subscription, b []byte) {
	last := len(l.pieces) - 1
	if !l.packets && last >= 0 && l.pieces[last].from == from && len(l.pieces[last].b)+len(b) <= cap(l.pieces[last].b) {
		l.pieces[last].b = append(l.pieces[last].b, b...)
	} else {
		room := len(b)
		if !l.packets {
			room = max(room, minPiece)
		}
		l.pieces = append(l.pieces, piece{l.head, from, append(make([]byte, 0, room), b...)})
	}
	l.head += int64(len(b))
}

// Announce puts b into the log for every subscription without waiting for any
// of them: those that have fallen too far behind its end are given up.
func (l *Log) Announce(b []byte) {
	l.Put(nil, b)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waitFor(l.head)
	l.trim()
}

// Room waits until the fastest subscription other than from has nearly caught
// up, and those far behind it have had their time to; false when nothing more
// is to be put. from, if it is alone, has nothing to wait for.
func (l *Log) Room(from *Subscription) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err == nil && !l.closed && (from == nil || !from.stopped) {
		fastest, any := l.fastest(from)
		switch {
		case !any && from != nil:
			return true
		case any && l.head-fastest < readAhead && !l.waitFor(fastest):
			return true
		}
		l.change.Wait()
	}
	return false
}

// fastest returns how far the fastest subscription other than from has read.
func (l *Log) fastest(from *Subscription) (at int64, any bool) {
	for s := range l.subs {
		if s != from {
			at, any = max(at, s.at), true
		}
	}
	return at, any
}

// waitFor reports whether a subscription lags behind fastest that may still
// catch up, and gives up those whose time for that is over.
func (l *Log) waitFor(fastest int64) (wait bool) {
	now := time.Now()
	for s := range l.subs {
		left := s.patience(fastest-s.at, now)
		switch {
		case left <= 0:
			s.lag()
			s.drop()
		case !s.since.IsZero():
			wait = true
			time.AfterFunc(left, l.wake)
		}
	}
	return wait
}

func (l *Log) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change.Broadcast()
}

// Subscribe begins a subscription at the end of the log, or, unless FromNow, at
// what no connection has got yet. packets says that it is of datagrams. lag is called
// when it has fallen behind.
func (l *Log) Subscribe(packets bool, lag func()) *Subscription {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.packets = l.packets || packets
	s := &Subscription{l: l, at: l.head, lag: lag}
	if len(l.subs) == 0 && !l.FromNow {
		s.at = l.taken
	}
	l.subs[s] = struct{}{}
	l.change.Broadcast()
	return s
}

// Readers returns how many subscriptions there are.
func (l *Log) Readers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.subs)
}

// trim forgets what every subscription has read.
func (l *Log) trim() {
	oldest := l.head
	if len(l.subs) == 0 && !l.FromNow {
		oldest = l.taken
	}
	for s := range l.subs {
		oldest = min(oldest, s.at)
	}
	drop := 0
	for drop < len(l.pieces) && l.pieces[drop].begin+int64(len(l.pieces[drop].b)) <= oldest {
		l.pieces[drop].b = nil
		drop++
	}
	l.pieces = l.pieces[drop:]
}
