//go:build !unix

package conn

import "net"

// setBacklog leaves ln with the backlog that net gave it.
func setBacklog(net.Listener, int) error { return nil }
