//go:build !unix

package conn

import (
	"errors"
	"net"
	"net/netip"
)

// udpSender returns what sends one datagram to remote, with the control
// messages oob. Windows waits for room by itself, for no longer than it takes
// to copy the datagram.
func udpSender(uc *net.UDPConn, remote netip.AddrPort, oob []byte) func([]byte) error {
	return func(b []byte) error {
		_, _, err := uc.WriteMsgUDPAddrPort(b, oob, remote)
		return errors.Unwrap(err) // of the *net.OpError, which the session makes anew
	}
}

// unixSender does the same for the Unix socket called name.
func unixSender(uc *net.UnixConn, name string) func([]byte) error {
	return func(b []byte) error {
		_, err := uc.WriteToUnix(b, &net.UnixAddr{Name: name, Net: "unixgram"})
		return errors.Unwrap(err)
	}
}
