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

// demux shares one bound socket among the sessions of its senders. Sockets of
// their own would need SO_REUSEPORT, and with it any program of the user could
// take the port's traffic.
type demux struct {
	l  *Listener
	uc *net.UDPConn

	mu       sync.Mutex
	sessions map[route]*session
}

// A route is what makes a session: who sent, and which of our addresses
// answers, which is the zero Addr where the system does not tell.
type route struct {
	remote netip.AddrPort
	own    netip.Addr
}

// loop reads the socket until it is closed, and starts a session for every
// sender that has none.
func (d *demux) loop(start func(*session)) error {
	defer d.endAll()
	buf, oob := make([]byte, MaxDatagram), make([]byte, oobSize)
	for {
		n, oobn, _, from, err := d.uc.ReadMsgUDPAddrPort(buf, oob)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENETUNREACH):
			continue // about a datagram that was sent earlier, to whoever
		case err != nil:
			return err
		}
		_, own := localOf(oob[:oobn])
		if s := d.deliver(route{from, own}, buf[:n]); s != nil {
			start(s)
		}
	}
}

// deliver queues a datagram for its sender's session, and returns the session
// if it is new.
func (d *demux) deliver(from route, datagram []byte) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, fresh := d.sessions[from], false
	if s == nil {
		if !d.l.admit() {
			if d.l.OnRefuse != nil {
				d.l.OnRefuse(net.UDPAddrFromAddrPort(from.remote))
			}
			return nil
		}
		s, fresh = newSession(d, from), true
		d.sessions[from] = s
	}
	s.push(datagram)
	if fresh {
		return s
	}
	return nil
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
	oob []byte // sends from route.own

	mu      sync.Mutex
	change  sync.Cond // of anything below
	queue   [][]byte
	cost    int
	ended   error // what Read returns once the queue is empty
	expired bool  // the read deadline has passed
	timer   *time.Timer
}

var _ net.Conn = (*session)(nil)

func newSession(d *demux, from route) *session {
	s := &session{d: d, route: from, oob: fromLocal(from.own)}
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
		case s.expired:
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

// Write sends one datagram. It does not block for long, and so has no
// deadline: a UDP socket makes room as fast as the interface sends.
func (s *session) Write(b []byte) (int, error) {
	s.mu.Lock()
	closed := s.closed()
	s.mu.Unlock()
	if closed {
		return 0, s.opError("write", net.ErrClosed)
	}
	for {
		n, _, err := s.d.uc.WriteMsgUDPAddrPort(b, s.oob, s.remote)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return n, err
		}
		// The error is about an earlier datagram, to whichever sender.
	}
}

// closed reports whether Close was called. s is locked.
func (s *session) closed() bool { return s.ended == net.ErrClosed }

// Close ends the session; a later datagram of its sender begins another.
func (s *session) Close() error {
	s.d.remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.ended, s.queue = net.ErrClosed, nil
	s.change.Broadcast()
	return nil
}

func (s *session) LocalAddr() net.Addr  { return s.d.uc.LocalAddr() }
func (s *session) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(s.remote) }

func (s *session) SetDeadline(t time.Time) error      { return s.SetReadDeadline(t) }
func (s *session) SetWriteDeadline(t time.Time) error { return nil }

func (s *session) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed() {
		return s.opError("set", net.ErrClosed)
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	left := time.Until(t)
	s.expired = !t.IsZero() && left <= 0
	if !t.IsZero() && left > 0 {
		s.timer = s.expireAfter(left)
	}
	s.change.Broadcast()
	return nil
}

// expireAfter starts a timer. It may be replaced when it runs out: it is the
// right one if it is s.timer still, which can be asked once s is locked.
func (s *session) expireAfter(left time.Duration) (timer *time.Timer) {
	timer = time.AfterFunc(left, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.timer == timer {
			s.expired = true
			s.change.Broadcast()
		}
	})
	return timer
}

func (s *session) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "udp", Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
}
