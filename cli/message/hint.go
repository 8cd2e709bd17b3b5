package message

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/addr"
)

// connectHint says what may be the matter with a connect that failed with err.
func (t *Text) connectHint(err error) string {
	if event.TimedOut(err) {
		err = syscall.ETIMEDOUT
	}
	for _, h := range []struct {
		errno error
		hint  string
	}{
		{syscall.ECONNREFUSED, "no process is listening on that port"},
		{syscall.ETIMEDOUT, "a firewall drops what is sent, or the host is down"},
		{syscall.EHOSTUNREACH, "the host is down, or no route leads to it"},
		{syscall.ENETUNREACH, "this machine has no route to that network"},
	} {
		if errors.Is(err, h.errno) {
			return h.hint
		}
	}
	if errors.Is(err, syscall.EACCES) {
		return fmt.Sprintf("a broadcast address needs %s, a source port below 1024 needs root", t.spell(option.Broadcast))
	}
	return ""
}

// attemptHint returns the hint about the address that was tried.
func (t *Text) attemptHint(a conn.Attempt) string {
	switch {
	case errors.Is(a.Err, syscall.EINVAL):
		return zoneHint(a.Addr.Addr())
	case errors.Is(a.Err, syscall.EADDRNOTAVAIL), errors.Is(a.Err, syscall.EADDRINUSE):
		return sourceHint(a)
	}
	return t.connectHint(a.Err)
}

// sourceHint returns the hint about an address and a port to connect from that could not be
// used. Systems have one errno for most of what can be the matter, and which it
// is depends on the call that failed and on what was asked for.
func sourceHint(t conn.Attempt) string {
	bind, absent := event.BindFailed(t.Err), errors.Is(t.Err, syscall.EADDRNOTAVAIL)
	var op *net.OpError
	port := errors.As(t.Err, &op) && op.Source != nil && addr.PortOf(op.Source) != 0
	switch {
	case bind && absent:
		return "this machine does not have that source address"
	case absent && !addr.HasSource(t.Addr):
		return "no address of this machine leads there"
	case bind && port:
		return "that source port is in use; use another one"
	case port:
		return "a connection from that source port to there exists, or has just ended; use another port"
	}
	return "every source port for a connection to there is in use; some are free again in a minute"
}

// zoneHint says what is wrong with the interface of an address that the system
// has no use for.
func zoneHint(ip netip.Addr) string {
	if !ip.Is6() || !ip.IsLinkLocalUnicast() {
		return ""
	}
	if ip.Zone() == "" {
		return "a link-local address needs the interface that leads to it, " + "for example " + ip.String() + "%eth0"
	}
	if _, err := net.InterfaceByName(ip.Zone()); err != nil {
		return "this machine has no interface " + strconv.Quote(ip.Zone())
	}
	return ""
}
