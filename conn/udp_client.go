package conn

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// resendLimit bounds the bytes of datagrams that a UDP client keeps to send them to
// another address; datagramCost counts for each.
const resendLimit = 1 << 20

// resendTimeout bounds the wait for room to send them.
const resendTimeout = time.Second

// dialUDP returns a connection to the first of tries that the system has a route
// to, or the attempts, which all failed.
func dialUDP(ctx context.Context, tries []candidate) (net.Conn, []Attempt) {
	var failed []Attempt
	for i, t := range tries {
		c, a := t.dialUDP(ctx)
		if a.Err != nil {
			failed = append(failed, a)
			continue
		}
		uc := c.(*net.UDPConn)
		if isGroup(t.to.Addr()) {
			c, err := t.openGroup(ctx, uc)
			if err == nil {
				return c, nil
			}
			failed = append(failed, Attempt{Addr: t.to, Err: err})
			continue
		}
		return &udpClient{d: t.d, UDPConn: uc, rest: tries[i+1:]}, nil
	}
	return nil, failed
}

// dialUDP makes and reports one attempt.
func (t candidate) dialUDP(ctx context.Context) (net.Conn, Attempt) {
	begin := t.begin()
	c, err := t.connect(ctx)
	return c, t.report(begin, err)
}

// A udpClient is a UDP connection that moves on to the next address of the
// peer's name while the peer's host refuses what was sent and nothing has been
// received. After that a refusal ends nothing: what listens there may come
// back.
type udpClient struct {
	d *Dialer

	mu            sync.Mutex
	*net.UDPConn              // the current socket
	rest          []candidate // to try if it is refused; nil once it is settled
	sent          [][]byte    // to be sent again then
	cost          int         // of sent
	told          bool        // OnRefusal was called
	refusal       error       // of the datagram that was sent last
	closed        bool
	read, written time.Time // deadlines
}

// Refusal returns the error with which the host of a UDP connection that Dial
// returned has refused the last datagrams, or nil.
func Refusal(c net.Conn) error {
	u, ok := c.(*udpClient)
	if !ok {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.refusal
}

func (u *udpClient) current() *net.UDPConn {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.UDPConn
}

// Read reads one datagram. A refusal is not returned; see Refusal.
func (u *udpClient) Read(b []byte) (int, error) {
	for {
		c := u.current()
		n, err := c.Read(b)
		switch {
		case err == nil:
			u.settle()
			return n, nil
		case aboutEarlier(err):
			u.refused(c, err)
		case u.current() == c:
			return n, err
		}
	}
}

// settle notes that the peer has answered.
func (u *udpClient) settle() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.rest, u.sent, u.refusal = nil, nil, nil
}

// Write sends one datagram. An error may be about an earlier one. If the client
// moves on to another address meanwhile, the datagram is sent there too.
func (u *udpClient) Write(b []byte) (int, error) {
	c := u.keep(b)
	n, err := c.Write(b)
	for try := 0; errors.Is(err, syscall.ECONNREFUSED) || aboutEarlier(err) && try < 2; try++ {
		u.refused(c, err) // one of possibly many that were sent before
		if u.forgetRefusal() != c {
			break
		}
		n, err = c.Write(b)
	}
	if u.current() != c {
		return len(b), nil
	}
	return n, err
}

// forgetRefusal is called before a datagram is sent, which may be refused before
// Write returns, and returns the current socket.
func (u *udpClient) forgetRefusal() *net.UDPConn {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refusal = nil
	return u.UDPConn
}

// keep keeps a datagram for another address, before it is sent: it may be
// refused before Write returns. When there are too many to keep, the address is
// final. keep forgets a refusal of earlier datagrams and returns the socket to
// use.
func (u *udpClient) keep(b []byte) *net.UDPConn {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refusal = nil
	if len(u.rest) == 0 {
		return u.UDPConn
	}
	if u.cost += len(b) + datagramCost; u.cost > resendLimit {
		u.rest, u.sent = nil, nil
		return u.UDPConn
	}
	u.sent = append(u.sent, append([]byte{}, b...))
	return u.UDPConn
}

// refused moves on from c, which was refused, to the next address, or notes
// the refusal if there is none.
func (u *udpClient) refused(c *net.UDPConn, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.UDPConn != c || u.closed {
		return
	}
	for len(u.rest) > 0 {
		t := u.rest[0]
		u.rest = u.rest[1:]
		if u.moveTo(t) {
			c.Close() // which ends a Read that waits for it
			return
		}
	}
	u.refusal = err
	if !u.told && u.d.OnRefusal != nil {
		u.d.OnRefusal(c.RemoteAddr(), err)
	}
	u.told = true
}

// moveTo sends to t what was sent so far, and makes it the current address. u
// is locked.
func (u *udpClient) moveTo(t candidate) bool {
	nc, a := t.dialUDP(context.Background()) // connecting UDP does not wait
	if a.Err != nil {
		return false
	}
	next := nc.(*net.UDPConn)
	next.SetReadDeadline(u.read)
	next.SetWriteDeadline(time.Now().Add(resendTimeout)) // that of u may be over: it is about to be closed
	for _, b := range u.sent {
		if _, err := next.Write(b); err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			next.Close()
			return false
		}
	}
	next.SetWriteDeadline(u.written)
	u.UDPConn = next
	return true
}

// Close reports what was dropped and closes the socket. What the host has
// refused, and no call has found yet, is sent to the next address before.
func (u *udpClient) Close() error {
	for c := u.current(); ; c = u.current() {
		err := pendingError(c)
		if !aboutEarlier(err) {
			break
		}
		u.refused(c, err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	u.d.reportDropped(u.UDPConn)
	return u.UDPConn.Close()
}

// reportDropped calls OnDropped if datagrams for uc were dropped.
func (d *Dialer) reportDropped(uc *net.UDPConn) {
	if n := droppedBy(uc); n > 0 && d.OnDropped != nil {
		d.OnDropped(n)
	}
}

// NetConn returns the current socket.
func (u *udpClient) NetConn() net.Conn { return u.current() }

// SyscallConn returns that of the current socket.
func (u *udpClient) SyscallConn() (syscall.RawConn, error) { return u.current().SyscallConn() }

// LocalAddr returns the address of the current socket.
func (u *udpClient) LocalAddr() net.Addr { return u.current().LocalAddr() }

// RemoteAddr returns the address that is sent to.
func (u *udpClient) RemoteAddr() net.Addr { return u.current().RemoteAddr() }

// SetReadDeadline sets the deadline of reads.
func (u *udpClient) SetReadDeadline(t time.Time) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.read = t
	return u.UDPConn.SetReadDeadline(t)
}

// SetWriteDeadline sets the deadline of writes.
func (u *udpClient) SetWriteDeadline(t time.Time) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.written = t
	return u.UDPConn.SetWriteDeadline(t)
}

// SetDeadline sets the deadlines of reads and writes.
func (u *udpClient) SetDeadline(t time.Time) error {
	return errors.Join(u.SetReadDeadline(t), u.SetWriteDeadline(t))
}
