//go:build !unix

package conn

import (
	"net"
	"net/netip"
)

// connectPeer reports that the kernel does not refuse other senders here; what
// they send is read and dropped instead.
func connectPeer(*net.UDPConn, netip.AddrPort) bool { return false }
