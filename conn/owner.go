package conn

import "sync"

// An owner says what closes a bound socket: its listener, until the socket is
// handed over to a connection.
type owner struct {
	mu     sync.Mutex
	handed bool // to a connection
	closed bool // by the listener
}

// handOver gives the socket to a connection. It returns false if the listener
// has closed it.
func (o *owner) handOver() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.handed = !o.closed
	return o.handed
}

// close reports whether the listener has to close the socket now.
func (o *owner) close() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	mine := !o.handed && !o.closed
	o.closed = o.closed || mine
	return mine
}
