//go:build !windows

package path

import "syscall"

const (
	errnoRefused  = syscall.ECONNREFUSED
	errnoHost     = syscall.EHOSTUNREACH
	errnoNet      = syscall.ENETUNREACH
	errnoTimeout  = syscall.ETIMEDOUT
	errnoProtocol = syscall.ENOPROTOOPT // ICMP: protocol unreachable
	errnoReset    = syscall.ECONNRESET
)
