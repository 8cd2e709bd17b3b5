//go:build !unix

package sockopt

import "net"

// SetBacklog leaves ln with the backlog that net gave it.
func SetBacklog(net.Listener, int) error { return nil }
