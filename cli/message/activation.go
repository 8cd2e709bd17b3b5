package message

import (
	"fmt"
	"strconv"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
)

// describePassed describes sockets that a service manager passes.
func (t *Text) describePassed(e *conn.ActivationError) (text, hint string) {
	fd := "descriptor " + strconv.Itoa(e.FD)
	switch e.Reason {
	case conn.NonePassed:
		return "no sockets were passed: LISTEN_FDS is not set", "start it by a .socket unit, or by systemd-socket-activate"
	case conn.PassedToOther:
		return fmt.Sprintf("no sockets were passed to this process: LISTEN_PID is %q", e.Text), "the unit must start it itself, not by a program between"
	case conn.BadCount:
		return fmt.Sprintf("LISTEN_FDS is not a number of sockets: %q", e.Text), ""
	case conn.WrongSocket:
		return fmt.Sprintf("%s is not a socket of this kind but %s", fd, kindOfPassed(e.Text)), "that kind is chosen by " + t.spell(option.UDP) + " and " + t.spell(option.Unix) + "; Accept=yes needs neither them nor " + t.spell(option.SocketActivation)
	}
	return fd + " is not a socket that listens: " + event.Reason(e.Err), "the unit must have a ListenStream= or ListenDatagram= line and Accept=no"
}

// kindOfPassed names a kind of socket.
func kindOfPassed(network string) string {
	switch network {
	case "tcp":
		return "of TCP"
	case "udp":
		return "of UDP"
	case "unix":
		return "a Unix stream socket"
	case "unixgram":
		return "a Unix datagram socket"
	}
	return network
}
