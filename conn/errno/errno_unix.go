//go:build !windows

package errno

import "syscall"

// The errors of connections.
const (
	Refused      = syscall.ECONNREFUSED
	Reset        = syscall.ECONNRESET
	Pipe         = syscall.EPIPE
	TimedOut     = syscall.ETIMEDOUT
	NoHost       = syscall.EHOSTUNREACH
	NoNetwork    = syscall.ENETUNREACH
	NoProtocol   = syscall.ENOPROTOOPT // ICMP: protocol unreachable
	TooLong      = syscall.EMSGSIZE
	AddrInUse    = syscall.EADDRINUSE
	AddrNotAvail = syscall.EADDRNOTAVAIL
)

// shortages are the errors of IsShortage.
var shortages = [...]syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOBUFS, syscall.ENOMEM}
