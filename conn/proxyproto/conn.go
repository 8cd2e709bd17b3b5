package proxyproto

import "net"

// NewConn returns c with the addresses that h names instead of its own. If c
// is a *net.TCPConn or a *net.UnixConn, the result has all the methods that
// it has.
func NewConn(c net.Conn, h Header) net.Conn {
	if h.Source == nil {
		return c
	}
	switch c := c.(type) {
	case *net.TCPConn:
		return &tcpConn{c, h}
	case *net.UnixConn:
		return &unixConn{c, h}
	}
	return &conn{c, h}
}

type tcpConn struct {
	*net.TCPConn
	h Header
}

func (c *tcpConn) RemoteAddr() net.Addr { return c.h.Source }
func (c *tcpConn) LocalAddr() net.Addr  { return c.h.Destination }
func (c *tcpConn) NetConn() net.Conn    { return c.TCPConn }

type unixConn struct {
	*net.UnixConn
	h Header
}

func (c *unixConn) RemoteAddr() net.Addr { return c.h.Source }
func (c *unixConn) LocalAddr() net.Addr  { return c.h.Destination }
func (c *unixConn) NetConn() net.Conn    { return c.UnixConn }

type conn struct {
	net.Conn
	h Header
}

func (c *conn) RemoteAddr() net.Addr { return c.h.Source }
func (c *conn) LocalAddr() net.Addr  { return c.h.Destination }
func (c *conn) NetConn() net.Conn    { return c.Conn }
