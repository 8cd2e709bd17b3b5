package errno

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// The errors of connections.
const (
	Refused      = windows.WSAECONNREFUSED
	Reset        = windows.WSAECONNRESET
	Pipe         = windows.WSAESHUTDOWN
	TimedOut     = windows.WSAETIMEDOUT
	NoHost       = windows.WSAEHOSTUNREACH
	NoNetwork    = windows.WSAENETUNREACH
	NoProtocol   = windows.WSAENOPROTOOPT
	TooLong      = windows.WSAEMSGSIZE
	AddrInUse    = windows.WSAEADDRINUSE
	AddrNotAvail = windows.WSAEADDRNOTAVAIL
)

// shortages are the errors of IsShortage.
var shortages = [...]syscall.Errno{windows.WSAEMFILE, windows.WSAENOBUFS, windows.ERROR_NOT_ENOUGH_MEMORY}
