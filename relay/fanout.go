package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sort"
	"sync"
	"time"
)

// readAhead is how far local may be read ahead of the fastest connection.
const readAhead = 256 << 10

// maxLag is how far a connection may fall behind the fastest one.
const maxLag = 1 << 20

// lagPatience is how long reading waits for a connection that has fallen so
// far behind. One that reads, and was only not its turn to run, needs a few
// milliseconds: the buffers of a connection take more than maxLag at once.
const lagPatience = 500 * time.Millisecond

// minChunk is the least that a chunk of the log has room for, but where it is
// a datagram.
const minChunk = 4 << 10

// ErrLagging says that a connection took what local gives so much more slowly
// than another one that it was closed; over TCP with a reset, for its peer to
// know that something is missing.
var ErrLagging = errors.New("fell 1 MiB behind the fastest connection")

// A Fanout is the relay between standard input and output and many
// connections at once: what local gives goes to all of them, what they send
// goes to local, each read in one piece. Local is read at the pace of the
// fastest, and not at all while there is none. A connection that begins later
// gets what is read from then on.
type Fanout struct {
	// Local is shared by the connections and is not closed by them.
	Local End

	// Remote, Policy and OnEnd are those of a Stdio, for each connection.
	Remote func(net.Conn) End
	Policy Policy
	OnEnd  func(net.Addr, Totals)

	// Datagram says that the connections are datagram connections, to which
	// each read of Local is one datagram.
	Datagram bool

	once sync.Once
	loop sync.WaitGroup
	out  io.Writer

	mu     sync.Mutex
	change sync.Cond
	log    []chunk // what somebody has still to read
	head   int64   // offset of the end of log
	taken  int64   // offset up to which somebody has read
	err    error   // io.EOF, or why local could not be read; nil: there may be more
	closed bool
	subs   map[*subscription]struct{}
}

type chunk struct {
	begin int64 // offset of b in what local gave
	b     []byte
}

func (f *Fanout) init() {
	f.once.Do(func() {
		f.change.L = &f.mu
		f.subs = make(map[*subscription]struct{})
		if f.Local.W != nil {
			f.out = Locked(f.Local.W)
		}
		if f.Local.R != nil {
			f.loop.Go(f.read)
		}
	})
}

// Close ends the reading of local and waits for it. The connections end with
// the context of their Serve.
func (f *Fanout) Close() {
	f.init()
	f.quit()
	f.loop.Wait()
}

// quit ends the reads and writes of local.
func (f *Fanout) quit() {
	f.mu.Lock()
	f.closed = true
	f.change.Broadcast()
	f.mu.Unlock()
	f.Local.interrupt()
}

// Serve is a Handler for one of the connections. Its errors are those of
// Pipe, and ErrLagging. All of them have one ctx, that of the server: local
// ends with it, since who waits for standard output would else stay.
func (f *Fanout) Serve(ctx context.Context, c net.Conn) error {
	f.init()
	defer context.AfterFunc(ctx, f.quit)()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	mine := End{W: f.out}
	if f.Local.R != nil {
		s := f.subscribe(func() { resetOnClose(c); cancel(ErrLagging) })
		defer s.quit()
		mine.R = s
		mine.src = sourceOps{interrupt: s.quit, ready: s.ready, onDone: s.quit, atEOF: s.over(), broadcast: true}
	}
	one := Stdio{Local: mine, Remote: f.Remote, Policy: f.Policy, OnEnd: f.OnEnd}
	return one.Serve(ctx, c)
}

// read is the goroutine that reads local.
func (f *Fanout) read() {
	buf := make([]byte, MaxPayload)
	for f.wanted() {
		n, err := f.Local.R.Read(buf)
		f.mu.Lock()
		f.keep(buf[:n])
		f.err = err
		f.change.Broadcast()
		f.mu.Unlock()
	}
}

// keep appends b to the log. What comes in small pieces shares chunks, so
// that the log costs little more than its bytes.
func (f *Fanout) keep(b []byte) {
	last := len(f.log) - 1
	switch {
	case len(b) == 0:
		return
	case !f.Datagram && last >= 0 && len(f.log[last].b)+len(b) <= cap(f.log[last].b):
		f.log[last].b = append(f.log[last].b, b...)
	default:
		room := len(b)
		if !f.Datagram {
			room = max(room, minChunk)
		}
		f.log = append(f.log, chunk{f.head, append(make([]byte, 0, room), b...)})
	}
	f.head += int64(len(b))
}

// wanted waits until the fastest connection has nearly caught up, and those
// far behind it have had their time to; false when there is nothing more to
// read.
func (f *Fanout) wanted() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.err == nil && !f.closed {
		fastest := int64(-1)
		for s := range f.subs {
			fastest = max(fastest, s.at)
		}
		if fastest >= 0 && f.head-fastest < readAhead && !f.waitFor(fastest) {
			return true
		}
		f.change.Wait()
	}
	return false
}

// waitFor reports whether somebody lags behind fastest who may still catch up,
// and gives up those whose time for that is over.
func (f *Fanout) waitFor(fastest int64) (wait bool) {
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

func (f *Fanout) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change.Broadcast()
}

// subscribe begins a subscription at the end of what was read, or at what
// nobody has got yet. lag is called when it has fallen behind.
func (f *Fanout) subscribe(lag func()) *subscription {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &subscription{f: f, at: f.head, lag: lag}
	if len(f.subs) == 0 {
		s.at = f.taken
	}
	f.subs[s] = struct{}{}
	f.change.Broadcast()
	return s
}

// trim forgets what everybody has read.
func (f *Fanout) trim() {
	oldest := f.head
	if len(f.subs) == 0 {
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

// A subscription is what local gives, as a reader for one connection. One
// Read is (of) one read of local.
type subscription struct {
	f     *Fanout
	at    int64 // offset of the next byte
	ended bool
	lag   func()

	since  time.Time     // when it fell maxLag behind; zero: it is not
	waited time.Duration // for it, before, since it had caught up
}

// patience returns how long to wait for s, which is lag bytes behind: only one
// that has caught up since gets all of lagPatience again, so that a slow one
// cannot have everybody wait for it time and again.
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
	if s.since.IsZero() {
		return lagPatience
	}
	return lagPatience - s.waited - now.Sub(s.since)
}

func (s *subscription) Read(p []byte) (int, error) {
	f := s.f
	f.mu.Lock()
	defer f.mu.Unlock()
	for !s.ended && s.at == f.head && f.err == nil {
		f.change.Wait()
	}
	switch {
	case s.ended:
		return 0, os.ErrDeadlineExceeded
	case s.at == f.head:
		return 0, f.err
	}
	n := copy(p, s.next())
	s.at += int64(n)
	f.taken = max(f.taken, s.at)
	f.trim()
	f.change.Broadcast()
	return n, nil
}

// next returns the rest of the chunk that s is in.
func (s *subscription) next() []byte {
	log := s.f.log
	i := sort.Search(len(log), func(i int) bool { return log[i].begin > s.at }) - 1
	return log[i].b[s.at-log[i].begin:]
}

// quit ends the subscription: nobody waits for it any more, nor is it blamed
// for what it does not take.
func (s *subscription) quit() {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.drop()
	s.f.change.Broadcast()
}

// drop is quit for who holds the lock and tells the others.
func (s *subscription) drop() {
	s.ended = true
	delete(s.f.subs, s)
	s.f.trim()
}

// over reports whether nothing will come any more.
func (s *subscription) over() bool {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	return s.at == s.f.head && s.f.err == io.EOF
}

func (s *subscription) ready() bool {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	return s.at < s.f.head || s.f.err != nil || s.f.Local.src.ready != nil && s.f.Local.src.ready()
}
