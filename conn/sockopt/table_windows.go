package sockopt

import "golang.org/x/sys/windows"

// Windows has no type of service for a socket to choose: it takes IP_TOS and
// ignores it (ws2tcpip.h; policies do it there). So is it with SO_DEBUG.
var (
	optTTL          = sockopt{"IP TTL", windows.IPPROTO_IP, windows.IP_TTL}
	optHops         = sockopt{"IPv6 unicast hops", windows.IPPROTO_IPV6, windows.IPV6_UNICAST_HOPS}
	optMinTTL       = sockopt{name: "IP min TTL"}
	optMinHops      = sockopt{name: "IPv6 min hop count"}
	optTOS          = sockopt{name: "IP ToS"}
	optTClass       = sockopt{name: "IPv6 traffic class"}
	optRecvBuffer   = sockopt{"receive buffer size", windows.SOL_SOCKET, windows.SO_RCVBUF}
	optSendBuffer   = sockopt{"send buffer size", windows.SOL_SOCKET, windows.SO_SNDBUF}
	optDebug        = sockopt{name: "debug"}
	optBroadcast    = sockopt{"broadcast", windows.SOL_SOCKET, windows.SO_BROADCAST}
	optRtable       = sockopt{name: "routing table"}
	optKeepAlive    = sockopt{"TCP keepalive", windows.SOL_SOCKET, windows.SO_KEEPALIVE}
	optKeepIdle     = sockopt{"TCP keepalive time", windows.IPPROTO_TCP, windows.TCP_KEEPIDLE}
	optKeepInterval = sockopt{"TCP keepalive interval", windows.IPPROTO_TCP, windows.TCP_KEEPINTVL}
	optKeepCount    = sockopt{"TCP keepalive count", windows.IPPROTO_TCP, windows.TCP_KEEPCNT}
)

func setInt(fd uintptr, level, number, n int) error {
	return windows.SetsockoptInt(windows.Handle(fd), level, number, n)
}

// setReuseAddr has nothing to do: Windows lets a port in TIME_WAIT be bound,
// and its SO_REUSEADDR would take the port from another program.
func setReuseAddr(uintptr) error { return nil }
