package proxy

import (
	"io"
	"net"

	"gonc/internal/http1"
)

// An input is what a client has sent and what of it has been used.
type input struct {
	c    net.Conn
	buf  []byte
	r, w int // buf[r:w] is unread

	active func() // called when something was read; may be nil
}

// fill reads more: some bytes, or an error.
func (in *input) fill() error {
	if in.w == len(in.buf) {
		in.grow()
	}
	n, err := in.c.Read(in.buf[in.w:])
	in.w += n
	if n > 0 {
		if in.active != nil {
			in.active()
		}
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// grow makes room: for a request of the usual size first, for the largest at
// most. A head that fills that has been refused.
func (in *input) grow() {
	grown := make([]byte, min(max(2*len(in.buf), 1<<10), http1.HeadMax+1))
	in.w = copy(grown, in.buf[in.r:in.w])
	in.buf, in.r = grown, 0
}

// take returns the next n bytes, at most some hundred.
func (in *input) take(n int) ([]byte, error) {
	for in.w-in.r < n {
		if err := in.fill(); err != nil {
			return nil, noEOF(err)
		}
	}
	b := in.buf[in.r : in.r+n]
	in.r += n
	return b, nil
}

// takeUntilNUL returns the next bytes before a zero byte, of which there may be
// so many at most.
func (in *input) takeUntilNUL(most int) (string, error) {
	for n := 0; ; n++ {
		for in.r+n == in.w {
			if err := in.fill(); err != nil {
				return "", noEOF(err)
			}
		}
		if in.buf[in.r+n] == 0 {
			s := string(in.buf[in.r : in.r+n])
			in.r += n + 1
			return s, nil
		}
		if n == most {
			return "", &ClientError{Why: "sent a field that is too long"}
		}
	}
}

// unread returns c with what has been read of it and was not used.
func (in *input) unread(c net.Conn) net.Conn {
	rest := in.buf[in.r:in.w]
	in.buf = nil
	if len(rest) == 0 {
		return c
	}
	return &unreadConn{c, rest}
}

// An unreadConn is a connection of which the first bytes have been read.
type unreadConn struct {
	net.Conn
	rest []byte
}

func (c *unreadConn) Read(b []byte) (int, error) {
	if len(c.rest) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// CloseWrite closes the sending half.
func (c *unreadConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Conn.Close()
}

// NetConn returns the connection below.
func (c *unreadConn) NetConn() net.Conn { return c.Conn }
