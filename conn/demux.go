package conn

import (
	"container/list"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// queueLimit is how many bytes of datagrams a session holds that its handler
// has not read yet; like a socket's, a full queue drops what comes.
const queueLimit = 1 << 20

// datagramCost is added to the bytes of each datagram, so that empty
// ones are bounded as well.
const datagramCost = 256

// A sharedSocket is a socket with sessions. Close ends receive.
type sharedSocket interface {
	socket

	// receive reads one datagram; one that was cut is EMSGSIZE.
	receive(buf []byte) (n int, from route, err error)

	// sender returns what sends one datagram to a peer, or fails at once when
	// there is no room for it; see noRoom.
	sender(to route) func([]byte) error

	LocalAddr() net.Addr
}

// A demux shares the bound sockets of a server among the sessions of their
// senders. Sockets of their own would need SO_REUSEPORT, and with it any program
// of the user could take the port's traffic.
//
// When there are as many sessions as MaxConns, the one that has been silent
// longest makes room for a new sender: nothing tells when a peer has gone.
type demux struct {
	s *server

	mu       sync.Mutex
	sessions map[source]*session
	order    list.List // of *session, the one that was silent longest first
}

// A source is what a session is for: a sender at one of the sockets.
type source struct {
	c sharedSocket
	route
}

func newDemux(s *server) *demux {
	return &demux{s: s, sessions: make(map[source]*session)}
}

// A route is the address of a sender, and of our addresses the one that
// answers it, which is the zero Addr where the system does not tell. On a Unix
// socket it is the name of the sender alone, which may be empty.
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

// serve reads c until it is closed, and starts a session for every sender that
// has none.
func (d *demux) serve(c sharedSocket) error {
	defer d.endAll(c)
	buf := make([]byte, maxDatagram)
	var wait backoff
	for {
		n, from, err := c.receive(buf)
		switch {
		case err == nil:
			wait = backoff{}
			d.start(d.deliver(source{c, from}, buf[:n]))
		case aboutEarlier(err): // to any of the senders
		case errors.Is(err, syscall.EMSGSIZE):
			d.start(d.fail(source{c, from}, err))
		case !isMomentary(err):
			return err
		default:
			d.s.retrying(&wait, err)
		}
	}
}

// start serves a session that is new, which has a slot; nil is none.
func (d *demux) start(fresh *session) {
	if fresh == nil {
		return
	}
	d.s.handlers.Add(1)
	go func() {
		defer d.s.handlers.Done()
		d.s.serve(fresh)
	}()
}

// deliver queues a datagram for its sender's session, and returns the session
// if it is new.
func (d *demux) deliver(from source, datagram []byte) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, fresh := d.session(from)
	if s != nil {
		d.order.MoveToBack(s.place)
		s.push(datagram)
	}
	return fresh
}

// fail ends a sender's session with err, once what it holds has been read, and
// returns the session if it is new. The next datagram begins another.
func (d *demux) fail(from source, err error) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, fresh := d.session(from)
	if s != nil {
		d.drop(s)
		s.end(err)
	}
	return fresh
}

// session returns the session of a sender, if it may have one, and again if it
// is new. d is locked.
func (d *demux) session(from source) (s, fresh *session) {
	if s = d.sessions[from]; s != nil {
		return s, nil
	}
	if !d.s.allow(from.addr()) || !d.makeRoom(from) {
		return nil, nil
	}
	d.s.active.Add(1)
	s = newSession(d, from)
	d.sessions[from] = s
	s.place = d.order.PushBack(s)
	return s, s
}

// makeRoom ends the session that has been silent longest if there are as many
// as there may be. It returns false when too many of those that were ended are
// still running: their handlers hold memory, and senders can be forged. d is
// locked.
func (d *demux) makeRoom(from source) bool {
	limit := d.s.l.MaxConns
	if limit <= 0 {
		return true
	}
	if d.s.active.Load() >= 2*int64(limit) {
		d.s.refused.report(Rejection{Remote: from.addr(), Limit: limit})
		return false
	}
	if len(d.sessions) >= limit {
		oldest := d.order.Front().Value.(*session)
		d.drop(oldest)
		oldest.end(io.EOF)
	}
	return true
}

// drop takes a session out of d, which is locked.
func (d *demux) drop(s *session) {
	if d.sessions[s.source] == s {
		delete(d.sessions, s.source)
		d.order.Remove(s.place)
	}
}

func (d *demux) remove(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop(s)
}

// touch notes that a session was not silent.
func (d *demux) touch(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sessions[s.source] == s {
		d.order.MoveToBack(s.place)
	}
}

// endAll lets the sessions of c read what they hold and then io.EOF.
func (d *demux) endAll(c sharedSocket) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for from, s := range d.sessions {
		if from.c == c {
			s.end(io.EOF)
		}
	}
}
