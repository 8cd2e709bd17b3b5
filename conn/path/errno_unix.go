//go:build !windows

package path

import "syscall"

const (
	errnoRefused = syscall.ECONNREFUSED
	errnoHost    = syscall.EHOSTUNREACH
	errnoNet     = syscall.ENETUNREACH
	errnoTimeout = syscall.ETIMEDOUT
	errnoReset   = syscall.ECONNRESET
)
