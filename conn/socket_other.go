//go:build !unix

package conn

import (
	"net"
	"net/netip"
	"os"
	"syscall"
)

// connectPeer reports that the kernel does not refuse other senders here; what
// they send is read and dropped instead.
func connectPeer(*net.UDPConn, netip.AddrPort) bool { return false }

// pendingError is unknown here.
func pendingError(syscall.Conn) error { return nil }

// listenGroup refuses to bind a socket to a multicast address, which no socket
// has here.
func listenGroup(string, netip.AddrPort, func(network, address string, c syscall.RawConn) error) (net.PacketConn, error) {
	return nil, os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)
}

// maxUnixPath is the longest path of a Unix socket, in bytes.
const maxUnixPath = 107

// msgTrunc is the flag of a datagram that was truncated: there is none here.
const msgTrunc = 0

// unixProbe is the network that finds out whether a Unix socket is in use:
// there are no others here.
const unixProbe = "unix"

// connectUnix reports the same.
func connectUnix(*net.UnixConn, string) bool { return false }

// lockDir does nothing: there is no flock(2) here.
func lockDir(string) (unlock func()) { return func() {} }
