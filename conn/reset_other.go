//go:build !unix

package conn

import (
	"net"
	"net/netip"
	"syscall"
)

// A duplicate does nothing here: a connection that is reset while it is made is
// an error like any other.
type duplicate struct{}

func (*duplicate) control(next func(network, address string, c syscall.RawConn) error) func(network, address string, c syscall.RawConn) error {
	return next
}

func (*duplicate) rescue(c net.Conn, err error, _ netip.AddrPort) (net.Conn, error) { return c, err }
