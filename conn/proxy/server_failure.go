package proxy

import (
	"errors"
	"net"
	"syscall"

	"gonc/conn/access"
)

// A failure is what a client can be told of why its target was not reached.
type failure uint8

const (
	failureOther failure = iota
	failureForbidden
	failureNetwork // unreachable
	failureHost    // unreachable, or a name without an address
	failureRefused
	failureTimeout
)

// failureOf returns what there is to tell of err.
func failureOf(err error) failure {
	upstream, ok := errors.AsType[*Error](err)
	switch {
	case ok && upstream.Type == "socks5" && upstream.Code == socks5Refused:
		return failureRefused
	case errors.Is(err, syscall.ECONNREFUSED):
		return failureRefused
	case isA[*access.TargetError](err):
		return failureForbidden
	case errors.Is(err, syscall.ENETUNREACH):
		return failureNetwork
	case errors.Is(err, syscall.EHOSTUNREACH), isA[*net.DNSError](err):
		return failureHost
	case isTimeout(err):
		return failureTimeout
	}
	return failureOther
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// The codes of RFC 1928 section 6 that are used here.
const (
	socks5General   = 1
	socks5Forbidden = 2
	socks5Network   = 3
	socks5Host      = 4
	socks5Refused   = 5
	socks5Command   = 7
	socks5Kind      = 8
)

// socks5 returns f as a code of RFC 1928 section 6. A target that does not answer is
// a host that is not reached; code 6 is about packets.
func (f failure) socks5() byte {
	switch f {
	case failureForbidden:
		return socks5Forbidden
	case failureNetwork:
		return socks5Network
	case failureHost, failureTimeout:
		return socks5Host
	case failureRefused:
		return socks5Refused
	}
	return socks5General
}

// http returns f as a status.
func (f failure) http() int {
	switch f {
	case failureForbidden:
		return 403
	case failureTimeout:
		return 504
	}
	return 502
}
