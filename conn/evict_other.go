//go:build !linux

package conn

import (
	"net"
	"time"
)

// closedByPeer reports that nothing is known of the peer on this system.
func closedByPeer(net.Conn) (silent time.Duration, closed bool) { return 0, false }
