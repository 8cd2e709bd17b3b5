// Package tcpinfo tells what the system knows of a connection, without reading or
// writing it. It has to be given the socket itself: of what wraps one, nothing is
// known.
package tcpinfo

import "net"

// AllAcked reports whether the peer's system has acknowledged everything that
// was written to c.
func AllAcked(c net.Conn) bool {
	left, known := UnackedBytes(c)
	return known && left == 0
}
