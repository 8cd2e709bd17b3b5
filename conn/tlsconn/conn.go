package tlsconn

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// A Conn is a connection with TLS on it. Reads end in io.EOF after the
// close_notify of the peer, in a *TruncatedError when the connection ends
// without one, and in an *AlertError when the peer reports a failure.
type Conn struct {
	tls  *tls.Conn
	wire *wire
	info Info

	reading sync.Mutex // of what follows, and the reading side of wire
	readErr error      // for the next Read

	writing  sync.Mutex // of what follows
	writeErr error      // of a write that failed: what was sent ends in the middle
	ended    bool       // close_notify was sent
}

// Info describes the connection.
func (c *Conn) Info() Info { return c.info }

// NetConn returns the connection below.
func (c *Conn) NetConn() net.Conn { return c.wire.raw }

// Buffered reports whether bytes were received that NetConn no longer has and
// Read has not returned yet.
func (c *Conn) Buffered() bool {
	c.reading.Lock()
	defer c.reading.Unlock()
	return c.wire.whole()
}

// Read waits for one record, and returns what all the records hold that have
// come, as far as b has room.
func (c *Conn) Read(b []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.readErr != nil {
		return 0, c.readErr
	}
	n, err := c.tls.Read(b)
	if err != nil {
		return n, c.explain("read", err)
	}
	if n == len(b) || !c.wire.whole() {
		return n, nil
	}
	c.wire.noWait = true
	for n < len(b) && err == nil && c.wire.whole() {
		var more int
		more, err = c.tls.Read(b[n:])
		n += more
	}
	c.wire.noWait = false
	if err != nil && err != (errNoRecord{}) {
		c.readErr = c.explain("read", err)
	}
	return n, nil
}

// explain makes the errors of this package of those of crypto/tls.
func (c *Conn) explain(op string, err error) error {
	if code, ok := remoteAlert(err); ok {
		return c.opError(op, &AlertError{code, c.wire.asked})
	}
	if cut, ok := err.(*TruncatedError); ok {
		return c.opError(op, cut)
	}
	if breach := localFailure(err); breach != nil {
		return c.opError(op, breach)
	}
	return err
}

// opError returns err as package net would report it.
func (c *Conn) opError(op string, err error) error {
	local, remote := c.LocalAddr(), c.RemoteAddr()
	return &net.OpError{Op: op, Net: remote.Network(), Source: local, Addr: remote, Err: err}
}

// errAfterEnd says that something is written after CloseWrite.
var errAfterEnd = errors.New("write after close_notify")

// Write sends b, as many records a system call as it makes. After it failed
// nothing can be sent any more.
func (c *Conn) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	switch {
	case c.writeErr != nil:
		return 0, c.writeErr
	case c.ended:
		return 0, c.opError("write", errAfterEnd)
	}
	var done int
	var err error
	for done < len(b) && err == nil {
		var n int
		if piece := b[done:min(done+batch, len(b))]; len(piece) <= maxPlaintext {
			n, err = c.tls.Write(piece)
		} else {
			n, err = c.writeBatch(piece)
		}
		done += n
	}
	if err != nil {
		c.writeErr = c.explain("write", err)
	}
	return done, c.writeErr
}

// writeBatch sends several records at once. Of those that were sent in part it
// counts the whole ones.
func (c *Conn) writeBatch(b []byte) (int, error) {
	out := outBuffers.Get().(*[batch + batch/maxPlaintext*(recordHeader+maxOverhead)]byte)
	defer outBuffers.Put(out)
	c.wire.cork(out[:0])
	_, err := c.tls.Write(b)
	kept, sent, ferr := c.wire.flush()
	if err == nil {
		err = ferr
	}
	if err == nil {
		return len(b), nil
	}
	records := (len(b) + maxPlaintext - 1) / maxPlaintext
	overhead := max(kept-len(b), 0) / records
	return min(sent/(maxPlaintext+overhead)*maxPlaintext, len(b)), err
}

// CloseWrite says by close_notify that nothing more will come. Reading goes on
// (RFC 8446 section 6.1). It waits until there is room for that, as Write does.
func (c *Conn) CloseWrite() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.writeErr != nil || c.ended {
		return c.writeErr
	}
	c.ended = true
	c.writeErr = c.tls.CloseWrite()
	return c.writeErr
}

// closeLimit bounds the wait of Close for room for close_notify.
const closeLimit = 100 * time.Millisecond

// Close closes the connection. Unless CloseWrite did it before, it sends
// close_notify, but not after a write that failed or amid one, where the peer
// must learn that something is missing.
func (c *Conn) Close() error {
	if c.writing.TryLock() {
		if c.writeErr == nil && !c.ended {
			c.wire.raw.SetWriteDeadline(time.Now().Add(closeLimit))
			c.tls.CloseWrite()
		}
		c.ended = true
		c.writing.Unlock()
	}
	err := c.wire.raw.Close()
	if c.reading.TryLock() {
		c.wire.release()
		c.reading.Unlock()
	}
	return err
}

func (c *Conn) LocalAddr() net.Addr                { return c.wire.raw.LocalAddr() }
func (c *Conn) RemoteAddr() net.Addr               { return c.wire.raw.RemoteAddr() }
func (c *Conn) SetDeadline(t time.Time) error      { return c.wire.raw.SetDeadline(t) }
func (c *Conn) SetReadDeadline(t time.Time) error  { return c.wire.raw.SetReadDeadline(t) }
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.wire.raw.SetWriteDeadline(t) }
