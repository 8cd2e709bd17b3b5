// Package proxyproto writes and reads the header of the PROXY protocol,
// versions 1 and 2, by which a proxy says whose connection it passes on:
// https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
package proxyproto

import (
	"fmt"
	"net"
	"net/netip"
)

// A Header says between which addresses a connection was made before it was
// passed on.
type Header struct {
	// Source is where the connection came from, Destination where it went:
	// *net.TCPAddr, *net.UDPAddr or *net.UnixAddr. Both are nil when the
	// header names none: UNKNOWN of version 1, LOCAL (a proxy that speaks for
	// itself) and UNSPEC of version 2.
	Source, Destination net.Addr

	// Local is set for LOCAL of version 2.
	Local bool
}

// An Error is a connection that did not begin with a header.
type Error struct {
	Why string // a phrase that follows "the client": "sent no PROXY header"
	Got []byte // its first bytes, as they came; nil: nothing to show
	Err error  // what reading said; nil when the bytes were wrong
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", e.Why, e.Err)
	}
	if e.Got != nil {
		return fmt.Sprintf("%s, but %q", e.Why, e.Got)
	}
	return e.Why
}

func (e *Error) Unwrap() error { return e.Err }

// signature begins a header of version 2.
const signature = "\r\n\r\n\x00\r\nQUIT\n"

// The second byte after the signature: family and transport.
const (
	familyInet  = 0x10
	familyInet6 = 0x20
	familyUnix  = 0x30

	transportStream   = 0x01
	transportDatagram = 0x02
)

// unixPath is the length of an address of a Unix socket.
const unixPath = 108

// addrPort returns the number and the port of an address.
func addrPort(a net.Addr) (at netip.AddrPort, transport byte) {
	switch a := a.(type) {
	case *net.TCPAddr:
		at, transport = a.AddrPort(), transportStream
	case *net.UDPAddr:
		at, transport = a.AddrPort(), transportDatagram
	}
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port()), transport
}

// netAddr returns at as a net.Addr: the reverse of addrPort.
func netAddr(at netip.AddrPort, transport byte) net.Addr {
	if transport == transportDatagram {
		return net.UDPAddrFromAddrPort(at)
	}
	return net.TCPAddrFromAddrPort(at)
}
