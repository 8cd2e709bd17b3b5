//go:build !linux

package relay

import (
	"net"
	"time"
)

// unacked knows nothing here, but that what is written to a Unix socket is the
// remote's at once.
func unacked(c net.Conn) (n int64, known bool) {
	_, unix := c.(*net.UnixConn)
	return 0, unix
}

// acked knows nothing here.
func acked(net.Conn) (n uint64, ago time.Duration, known bool) { return 0, 0, false }

// gone knows nothing here.
func gone(net.Conn) bool { return false }

// awaitReset returns at once: a reset is seen when the next byte is written.
func awaitReset(net.Conn) error { return nil }
