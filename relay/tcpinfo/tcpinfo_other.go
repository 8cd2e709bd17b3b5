//go:build !linux

package tcpinfo

import (
	"errors"
	"net"
	"time"
)

// UnackedBytes is unknown here, except that what is written to a Unix socket
// has arrived at once.
func UnackedBytes(c net.Conn) (n int64, known bool) {
	_, unix := c.(*net.UnixConn)
	return 0, unix
}

// AckedBytes is unknown here.
func AckedBytes(net.Conn) (n uint64, ago time.Duration, known bool) { return 0, 0, false }

// PeerHasClosed is unknown here.
func PeerHasClosed(net.Conn) bool { return false }

// IsClosed is unknown here.
func IsClosed(net.Conn) bool { return false }

// ErrorTaken is unknown here.
func ErrorTaken(net.Conn) bool { return false }

// Readable is unknown here.
func Readable(net.Conn) bool { return false }

// AwaitPeerGone is not available here: a reset is seen when the next byte is
// written.
func AwaitPeerGone(net.Conn) error { return errors.ErrUnsupported }
