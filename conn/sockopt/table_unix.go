//go:build linux || darwin || freebsd || openbsd || netbsd || dragonfly

package sockopt

import "golang.org/x/sys/unix"

// The options that these systems have in common; the numbers of the others
// are in a file of each.
var (
	optTTL          = sockopt{"IP TTL", unix.IPPROTO_IP, unix.IP_TTL}
	optHops         = sockopt{"IPv6 unicast hops", unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS}
	optMinTTL       = sockopt{"IP min TTL", unix.IPPROTO_IP, ipMinTTL}
	optMinHops      = sockopt{"IPv6 min hop count", unix.IPPROTO_IPV6, ipv6MinHopCount}
	optTOS          = sockopt{"IP ToS", unix.IPPROTO_IP, unix.IP_TOS}
	optTClass       = sockopt{"IPv6 traffic class", unix.IPPROTO_IPV6, unix.IPV6_TCLASS}
	optRecvBuffer   = sockopt{"receive buffer size", unix.SOL_SOCKET, unix.SO_RCVBUF}
	optSendBuffer   = sockopt{"send buffer size", unix.SOL_SOCKET, unix.SO_SNDBUF}
	optDebug        = sockopt{"debug", unix.SOL_SOCKET, unix.SO_DEBUG}
	optBroadcast    = sockopt{"broadcast", unix.SOL_SOCKET, unix.SO_BROADCAST}
	optReuseAddr    = sockopt{"address reuse", unix.SOL_SOCKET, unix.SO_REUSEADDR}
	optRtable       = sockopt{"routing table", unix.SOL_SOCKET, soRtable}
	optKeepAlive    = sockopt{"TCP keepalive", unix.SOL_SOCKET, unix.SO_KEEPALIVE}
	optKeepIdle     = sockopt{"TCP keepalive time", unix.IPPROTO_TCP, tcpKeepIdle}
	optKeepInterval = sockopt{"TCP keepalive interval", unix.IPPROTO_TCP, tcpKeepInterval}
	optKeepCount    = sockopt{"TCP keepalive count", unix.IPPROTO_TCP, tcpKeepCount}
)

func setInt(fd uintptr, level, number, n int) error {
	return unix.SetsockoptInt(int(fd), level, number, n)
}

func setReuseAddr(fd uintptr) error { return optReuseAddr.set(fd, 1) }
