package sockopt

import "golang.org/x/sys/unix"

const (
	ipMinTTL        = unix.IP_MINTTL
	ipv6MinHopCount = unix.IPV6_MINHOPCOUNT
	soRtable        = unix.SO_RTABLE

	tcpKeepIdle     = 0
	tcpKeepInterval = 0
	tcpKeepCount    = 0
)
