package sockopt

import "golang.org/x/sys/unix"

const (
	ipMinTTL        = 0
	ipv6MinHopCount = 0
	soRtable        = 0

	tcpKeepIdle     = unix.TCP_KEEPALIVE
	tcpKeepInterval = unix.TCP_KEEPINTVL
	tcpKeepCount    = unix.TCP_KEEPCNT
)
