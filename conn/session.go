package conn

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// queueLimit is how many bytes of datagrams a session holds that its handler
// has not read yet; like a socket's, a full queue drops what comes.
const queueLimit = 1 << 20

// datagramCost is what one datagram counts beside its bytes, so that empty
// ones are bounded as well.
const datagramCost = 256

// Pauses of a session for whose datagram there is no room: between them it
// looks again.
const (
	firstPause = 100 * time.Microsecond
	lastPause  = 20 * time.Millisecond
)

// A sharedSocket is what demux needs of a socket. Close ends receive.
type sharedSocket interface {
	// receive reads one datagram; one that was cut is EMSGSIZE.
	receive(buf []byte) (n int, from route, err error)

	// sender returns what sends one datagram to a peer, or fails at once when
	// there is no room for it; see noRoom.
	sender(to route) func([]byte) error

	LocalAddr() net.Addr
	Close() error
}

// demux shares one bound socket among the sessions of its senders. Sockets of
// their own would need SO_REUSEPORT, and with it any program of the user could
// take the port's traffic.
type demux struct {
	l *Listener
	c sharedSocket

	mu       sync.Mutex
	sessions map[route]*session
}

func newDemux(l *Listener, c sharedSocket) *demux {
	return &demux{l: l, c: c, sessions: make(map[route]*session)}
}

// A route is what makes a session: who sent, and which of our addresses
// answers, which is the zero Addr where the system does not tell. On a Unix
// socket it is the name of who sent alone, which may be empty.
type route struct {
	remote netip.AddrPort
	own    netip.Addr
	name   string
}

func (r route) addr() net.Addr {
	if r.remote.IsValid() {
		return net.UDPAddrFromAddrPort(r.remote)
	}
	return &net.UnixAddr{Name: r.name, Net: "unixgram"}
}

// loop reads the socket until it is closed, and starts a session for every
// sender that has none.
func (d *demux) loop(start func(*session)) error {
	defer d.endAll()
	buf := make([]byte, MaxDatagram)
	for {
		n, from, err := d.c.receive(buf)
		switch {
		case aboutEarlier(err):
			continue // about a datagram that was sent earlier, to whoever
		case errors.Is(err, syscall.EMSGSIZE):
			if s := d.fail(from, err); s != nil {
				start(s)
			}
			continue
		case err != nil:
			return err
		}
		if s := d.deliver(from, buf[:n]); s != nil {
			start(s)
		}
	}
}

// deliver queues a datagram for its sender's session, and returns the session
// if it is new.
func (d *demux) deliver(from route, datagram []byte) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, fresh := d.session(from)
	if s != nil {
		s.push(datagram)
	}
	return fresh
}

// fail ends a sender's session with err, once it has given what it holds, and
// returns the session if it is new. The next datagram begins another.
func (d *demux) fail(from route, err error) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, fresh := d.session(from)
	if s != nil {
		s.end(err)
		delete(d.sessions, from)
	}
	return fresh
}

// session returns the session of a sender, if it may have one, and again if it
// is new. d is locked.
func (d *demux) session(from route) (s, fresh *session) {
	if s = d.sessions[from]; s != nil {
		return s, nil
	}
	if !d.l.admit() {
		if d.l.OnRefuse != nil {
			d.l.OnRefuse(from.addr())
		}
		return nil, nil
	}
	s = newSession(d, from)
	d.sessions[from] = s
	return s, s
}

func (d *demux) remove(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sessions[s.route] == s {
		delete(d.sessions, s.route)
	}
}

// endAll lets the sessions read what they hold and then io.EOF.
func (d *demux) endAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.sessions {
		s.end(io.EOF)
	}
}

// A session is the datagrams of one sender as a net.Conn. One Read is one
// datagram.
type session struct {
	d *demux
	route
	send func([]byte) error

	mu          sync.Mutex
	change      sync.Cond // of anything below
	queue       [][]byte
	cost        int
	ended       error // what Read returns once the queue is empty
	read, write deadline
}

// A deadline is that of a session's reads or writes, whose lock guards it.
type deadline struct {
	passed bool
	timer  *time.Timer // nil: it has passed, or there is none
}

var _ net.Conn = (*session)(nil)

func newSession(d *demux, from route) *session {
	s := &session{d: d, route: from, send: d.c.sender(from)}
	s.change.L = &s.mu
	return s
}

func (s *session) push(datagram []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cost := len(datagram) + datagramCost
	if s.ended != nil || s.cost+cost > queueLimit {
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
// of the network or of a peer are full, it waits until there is, like any other
// connection: a datagram dropped here would be one that nobody knows of. It
// looks again and again by itself. The runtime's poller has one place for
// those who wait to write to a socket, so that one of them would keep all
// the others from sending; and it says that there is room when there is some in
// the socket, be a Unix peer's queue as full as it was, and would spin.
func (s *session) Write(b []byte) (int, error) {
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

// noRoom reports whether err is that a queue is full; ENOBUFS is what BSD
// systems say.
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

func (s *session) LocalAddr() net.Addr  { return s.d.c.LocalAddr() }
func (s *session) RemoteAddr() net.Addr { return s.addr() }

func (s *session) SetReadDeadline(t time.Time) error  { return s.setDeadlines(t, &s.read) }
func (s *session) SetWriteDeadline(t time.Time) error { return s.setDeadlines(t, &s.write) }
func (s *session) SetDeadline(t time.Time) error      { return s.setDeadlines(t, &s.read, &s.write) }

func (s *session) setDeadlines(t time.Time, of ...*deadline) error {
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

// expireAfter starts a timer. It may be replaced when it runs out: it is the
// right one if it is d.timer still, which can be asked once s is locked.
func (s *session) expireAfter(left time.Duration, d *deadline) (timer *time.Timer) {
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

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

func (s *session) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: s.LocalAddr().Network(), Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
}
