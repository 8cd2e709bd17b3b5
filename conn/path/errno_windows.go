package path

import "golang.org/x/sys/windows"

const (
	errnoRefused  = windows.WSAECONNREFUSED
	errnoHost     = windows.WSAEHOSTUNREACH
	errnoNet      = windows.WSAENETUNREACH
	errnoTimeout  = windows.WSAETIMEDOUT
	errnoProtocol = windows.WSAENOPROTOOPT
	errnoReset    = windows.WSAECONNRESET
)
