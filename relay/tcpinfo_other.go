//go:build !linux

package relay

import (
	"errors"
	"net"
	"time"
)

// unackedBytes is unknown here, except that what is written to a Unix socket
// has arrived at once.
func unackedBytes(c net.Conn) (n int64, known bool) {
	_, unix := c.(*net.UnixConn)
	return 0, unix
}

// ackedBytes is unknown here.
func ackedBytes(net.Conn) (n uint64, ago time.Duration, known bool) { return 0, 0, false }

// peerHasClosed is unknown here.
func peerHasClosed(net.Conn) bool { return false }

// isClosed is unknown here.
func isClosed(net.Conn) bool { return false }

// errorTaken is unknown here.
func errorTaken(net.Conn) bool { return false }

// readable is unknown here.
func readable(net.Conn) bool { return false }

// awaitPeerGone is not available here: a reset is seen when the next byte is
// written.
func awaitPeerGone(net.Conn) error { return errors.ErrUnsupported }
