//go:build !linux && !darwin && !freebsd && !openbsd && !netbsd && !dragonfly && !windows

package sockopt

// None of the options is known of this system.
var (
	optTTL          = sockopt{name: "IP TTL"}
	optHops         = sockopt{name: "IPv6 unicast hops"}
	optMinTTL       = sockopt{name: "IP min TTL"}
	optMinHops      = sockopt{name: "IPv6 min hop count"}
	optTOS          = sockopt{name: "IP ToS"}
	optTClass       = sockopt{name: "IPv6 traffic class"}
	optRecvBuffer   = sockopt{name: "receive buffer size"}
	optSendBuffer   = sockopt{name: "send buffer size"}
	optDebug        = sockopt{name: "debug"}
	optBroadcast    = sockopt{name: "broadcast"}
	optRtable       = sockopt{name: "routing table"}
	optKeepAlive    = sockopt{name: "TCP keepalive"}
	optKeepIdle     = sockopt{name: "TCP keepalive time"}
	optKeepInterval = sockopt{name: "TCP keepalive interval"}
	optKeepCount    = sockopt{name: "TCP keepalive count"}
)

func setInt(uintptr, int, int, int) error { return errMissing }

// setReuseAddr does without: a port in TIME_WAIT can't be bound for a while.
func setReuseAddr(uintptr) error { return nil }
