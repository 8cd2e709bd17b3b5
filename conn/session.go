package conn

import (
	"container/list"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// The pauses between tries to send a datagram for which there is no room.
const (
	firstPause = 100 * time.Microsecond
	lastPause  = 20 * time.Millisecond
)

// A session is the datagrams of one sender as a net.Conn. One Read is one
// datagram.
type session struct {
	d *demux
	source
	send  func([]byte) error
	place *list.Element // in d.order

	mu          sync.Mutex
	change      sync.Cond // of anything below
	queue       [][]byte
	cost        int
	ended       error // what Read returns once the queue is empty
	read, write ioDeadline
}

// An ioDeadline is that of a session's reads or writes; the session's lock guards
// it.
type ioDeadline struct {
	passed bool
	timer  *time.Timer // nil: it has passed, or there is none
}

var _ net.Conn = (*session)(nil)

func newSession(d *demux, from source) *session {
	s := &session{d: d, source: from, send: from.c.sender(from.route)}
	s.change.L = &s.mu
	return s
}

func (s *session) push(datagram []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cost := len(datagram) + datagramCost
	if s.ended != nil {
		return
	}
	if s.cost+cost > queueLimit {
		s.d.s.dropped.Add(1)
		return
	}
	s.queue = append(s.queue, append([]byte{}, datagram...))
	s.cost += cost
	s.change.Broadcast()
}

func (s *session) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended = err
	}
	s.change.Broadcast()
}

// Read reads one datagram; what of it does not fit into b is lost.
func (s *session) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.closed():
			return 0, s.opError("read", net.ErrClosed)
		case s.read.passed:
			return 0, s.opError("read", os.ErrDeadlineExceeded)
		case len(s.queue) > 0:
			datagram := s.queue[0]
			s.queue = s.queue[1:]
			s.cost -= len(datagram) + datagramCost
			return copy(b, datagram), nil
		case s.ended != nil:
			return 0, s.ended
		}
		s.change.Wait()
	}
}

// Write sends one datagram. When there is no room for it, because the queues
// of the network or of a peer are full, it waits until there is: a datagram
// dropped here would be lost without a trace. It polls. The runtime's poller
// lets one goroutine at a time wait to write to a socket, so that one session
// would keep all others from sending; and it looks at the socket's own buffer
// only, so that it would spin while the queue of a Unix peer is full.
func (s *session) Write(b []byte) (int, error) {
	s.d.touch(s)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := s.mayWrite()
		if err == nil {
			err = s.send(b)
		}
		switch {
		case err == nil:
			return len(b), nil
		case !noRoom(err):
			return 0, s.opError("write", err)
		}
		s.rest(pause)
	}
}

// noRoom reports whether err says that a queue is full; on BSD systems that is
// ENOBUFS.
func noRoom(err error) bool {
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOBUFS)
}

func (s *session) mayWrite() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed():
		return net.ErrClosed
	case s.write.passed:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// rest waits for pause to pass, or for the end of writing.
func (s *session) rest(pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	over := false
	timer := time.AfterFunc(pause, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		over = true
		s.change.Broadcast()
	})
	defer timer.Stop()
	for !over && !s.closed() && !s.write.passed {
		s.change.Wait()
	}
}

// closed reports whether Close was called. s is locked.
func (s *session) closed() bool { return s.ended == net.ErrClosed }

// Close ends the session; a later datagram of its sender begins another.
func (s *session) Close() error {
	s.d.remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read.stop()
	s.write.stop()
	s.ended, s.queue = net.ErrClosed, nil
	s.change.Broadcast()
	return nil
}

func (s *session) LocalAddr() net.Addr  { return s.c.LocalAddr() }
func (s *session) RemoteAddr() net.Addr { return s.addr() }

func (s *session) SetReadDeadline(t time.Time) error  { return s.setDeadlines(t, &s.read) }
func (s *session) SetWriteDeadline(t time.Time) error { return s.setDeadlines(t, &s.write) }
func (s *session) SetDeadline(t time.Time) error      { return s.setDeadlines(t, &s.read, &s.write) }

func (s *session) setDeadlines(t time.Time, of ...*ioDeadline) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed() {
		return s.opError("set", net.ErrClosed)
	}
	for _, d := range of {
		d.stop()
		left := time.Until(t)
		d.passed = !t.IsZero() && left <= 0
		if !t.IsZero() && left > 0 {
			d.timer = s.expireAfter(left, d)
		}
	}
	s.change.Broadcast()
	return nil
}

// expireAfter starts a timer. It may have been replaced when it fires; it counts
// only if it is still d.timer once s is locked.
func (s *session) expireAfter(left time.Duration, d *ioDeadline) (timer *time.Timer) {
	timer = time.AfterFunc(left, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.timer == timer {
			d.passed = true
			s.change.Broadcast()
		}
	})
	return timer
}

func (d *ioDeadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

func (s *session) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: s.LocalAddr().Network(), Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
}
