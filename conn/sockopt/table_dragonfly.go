package sockopt

import "golang.org/x/sys/unix"

const (
	ipMinTTL        = unix.IP_MINTTL
	ipv6MinHopCount = 0
	soRtable        = 0

	tcpKeepIdle     = unix.TCP_KEEPIDLE
	tcpKeepInterval = unix.TCP_KEEPINTVL
	tcpKeepCount    = unix.TCP_KEEPCNT
)
