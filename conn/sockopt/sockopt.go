// Package sockopt sets options of sockets. Each has one constructor; an option
// that a system does not have is an error that names the system.
package sockopt

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// An Option sets one option of a socket that has been made and is neither
// bound nor connected yet (net.Dialer.Control, net.ListenConfig.Control).
// network is the socket's own: "tcp4", "udp6", "unix". An option that this
// system does not have returns an error that names the system. An error is an
// *Error.
type Option func(network string, fd uintptr) error

// Control runs opts on a new socket; nil when there is nothing to set,
// which spares the caller of net a call.
func Control(opts []Option) func(network, address string, c syscall.RawConn) error {
	if len(opts) == 0 {
		return nil
	}
	return func(network, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) {
			for _, opt := range opts {
				if failed = opt(network, fd); failed != nil {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		return failed
	}
}

// An Error is a failure to set a socket option: the system refuses it or does not
// have it.
type Error struct {
	Option string // OpenBSD nc's words where it has any: "IP TTL", "IPv6 unicast hops"
	Value  string // what it was to become; empty: on
	Hint   string // what to do about it; empty: nothing to say
	Err    error  // the system's; errors.ErrUnsupported when it has no such option
}

func (e *Error) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("set %s: %v", e.Option, e.Err)
	}
	return fmt.Sprintf("set %s to %s: %v", e.Option, e.Value, e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Local reports that the cause is on this machine.
func (e *Error) Local() bool { return true }

// errMissing is the error of an option that this system does not have.
var errMissing error = missingError{}

type missingError struct{}

func (missingError) Error() string        { return runtime.GOOS + " has no such option" }
func (missingError) Is(target error) bool { return target == errors.ErrUnsupported }

// A sockopt is an option of a number as setsockopt takes it. The files of the
// systems hold those there are; number 0 is one that the system lacks.
type sockopt struct {
	name          string
	level, number int
}

func (o sockopt) set(fd uintptr, n int) error {
	err := errMissing
	if o.number != 0 {
		err = setInt(fd, o.level, o.number, n)
	}
	if err == nil {
		return nil
	}
	e := &Error{Option: o.name, Value: strconv.Itoa(n), Err: err}
	if errors.Is(err, fs.ErrPermission) {
		e.Hint = "this needs root"
	}
	return e
}

// byFamily sets v4 or v6, whichever the socket is of.
func byFamily(v4, v6 sockopt, n int) Option {
	return func(network string, fd uintptr) error {
		switch {
		case strings.HasSuffix(network, "4"):
			return v4.set(fd, n)
		case strings.HasSuffix(network, "6"):
			if err := v6.set(fd, n); err != nil {
				return err
			}
			// What an IPv6 socket has to do with IPv4 peers follows the
			// option of IPv4, which only Linux lets it have (ipv6(7)). One
			// without IPv4 peers does not miss it.
			v4.set(fd, n)
			return nil
		}
		return &Error{Option: v4.name, Value: strconv.Itoa(n), Err: errNotFor(network)}
	}
}

// anyFamily sets o on a socket of any kind.
func anyFamily(o sockopt, n int) Option {
	return func(_ string, fd uintptr) error { return o.set(fd, n) }
}

func errNotFor(network string) error { return fmt.Errorf("%s sockets have no such option", network) }

func isTCP(network string) bool { return strings.HasPrefix(network, "tcp") }

// TTL sets the hop limit of the packets that are sent, from 1 to 255.
func TTL(n int) Option { return byFamily(optTTL, optHops, n) }

// MinTTL drops packets that arrive with a lower hop limit than n, from 0
// (none) to 255 (only from the same link: RFC 5082). Linux looks at it for TCP
// only, since 2.6.34, and 2.6.35 for IPv6.
func MinTTL(n int) Option { return byFamily(optMinTTL, optMinHops, n) }

// TOS sets the type of service of IPv4 and the traffic class of IPv6, from 0
// to 255; see ParseTOS. Linux keeps the two low bits, which are of congestion
// notification, of a TCP socket to itself.
func TOS(n int) Option { return byFamily(optTOS, optTClass, n) }

// RecvBuffer sets the size of the receive buffer in bytes. Linux doubles it,
// for what its own bookkeeping takes, and quietly stops at net.core.rmem_max
// (socket(7)).
func RecvBuffer(n int) Option { return anyFamily(optRecvBuffer, n) }

// SendBuffer sets the size of the send buffer in bytes; Linux as for
// RecvBuffer, with net.core.wmem_max.
func SendBuffer(n int) Option { return anyFamily(optSendBuffer, n) }

// Debug turns on what the system notes down about a socket (SO_DEBUG). Linux
// gives it to CAP_NET_ADMIN only.
func Debug() Option { return anyFamily(optDebug, 1) }

// Broadcast allows datagrams to a broadcast address. Package net allows them
// on every UDP socket it makes, so it is NoBroadcast that makes a difference.
func Broadcast() Option { return anyFamily(optBroadcast, 1) }

// NoBroadcast refuses datagrams to a broadcast address, which is the system's
// default.
func NoBroadcast() Option { return anyFamily(optBroadcast, 0) }

// Rtable chooses the routing table n, which OpenBSD has by that name and
// FreeBSD as a FIB; other systems have none to choose.
func Rtable(n int) Option { return anyFamily(optRtable, n) }

// Congestion chooses the algorithm of TCP's congestion control by name
// ("cubic"). The hint of an error says which there are.
func Congestion(name string) Option {
	return func(network string, fd uintptr) error {
		e := &Error{Option: "TCP congestion control", Value: strconv.Quote(name)}
		if !isTCP(network) {
			e.Err = errNotFor(network)
			return e
		}
		if e.Err = setCongestion(fd, name); e.Err == nil {
			return nil
		}
		e.Hint = congestionHint(e.Err)
		return e
	}
}

// TCPMD5 signs the segments of a connection, and takes none that are not
// signed with the same key (RFC 2385): a peer with another key, or none, is
// one that does not answer. On Linux key has 1 to 80 bytes, and is that of
// every peer of the socket; the BSDs hold the keys themselves (setkey(8),
// ipsec.conf(5)), and key must be empty.
func TCPMD5(key string) Option {
	return func(network string, fd uintptr) error {
		e := &Error{Option: "TCP MD5 signature"}
		if !isTCP(network) {
			e.Err = errNotFor(network)
			return e
		}
		if e.Hint, e.Err = setMD5(network, fd, key); e.Err == nil {
			return nil
		}
		return e
	}
}

// ReuseAddr lets a TCP client bind a port of which connections are still in
// TIME_WAIT, if they were made with it too. It leaves other sockets alone, on
// which Linux takes it for a wish to share the port with other programs
// (socket(7)).
func ReuseAddr(network string, fd uintptr) error {
	if !isTCP(network) {
		return nil
	}
	return setReuseAddr(fd)
}
