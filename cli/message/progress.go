package message

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn/addr"
	"gonc/relay"
)

// progress returns the lines of an event that is no failure.
func (t *Text) progress(e event.Event) []event.Line {
	for _, lines := range [...]func(event.Event) []event.Line{t.connecting, t.serving, t.moving} {
		if l := lines(e); l != nil {
			return l
		}
	}
	return t.scanning(e)
}

// connecting returns the lines of an event on the way to a connection.
func (t *Text) connecting(e event.Event) []event.Line {
	switch e := e.(type) {
	case event.Resolved:
		return one(event.Named("dns took %s", event.Span(e.Took)))
	case event.Connecting:
		return one(event.Bare("Connecting to %s port %d (%s)", e.To.Addr(), e.To.Port(), e.Network))
	case event.AttemptFailed:
		return t.attemptFailed(e)
	case event.Connected:
		return t.connected(e)
	case event.Tunneled:
		return one(succeeded(e.Network, e.To.Host, e.Port, e.Numeric))
	case event.ConnectedUnix:
		return one(event.Bare("Connection to %s port [%s] succeeded!", event.Printable(e.Path), e.Network))
	case event.Secured:
		return t.secured(e)
	case event.Warned:
		return t.warned(e)
	case event.HandshakeFailed:
		return t.handshakeFailed(e)
	case event.Silence:
		return t.silence(e)
	case event.Retrying:
		return t.retrying(e)
	}
	return nil
}

// serving returns the lines of an event of a listener.
func (t *Text) serving(e event.Event) []event.Line {
	switch e := e.(type) {
	case event.Accepted:
		return one(event.Bare("Connection received on %s", event.HostPort(e.From())))
	case event.Refused:
		return one(event.Named("%s%s refused: limit of %d connections reached (%s)", connectionFrom(e.Remote), andOthers(e.More), e.Limit, t.spell(option.MaxConns)))
	case event.Evicted:
		return one(event.Named("%s closed to make room: limit of %d connections reached (%s), and the peer had closed its side", connectionFrom(e.Remote), e.Limit, t.spell(option.MaxConns)))
	case event.Dropped:
		return one(event.Named("%d datagrams were dropped: they came faster than they were read", e.Datagrams))
	case event.Denied, event.Requested, event.ClientFailed, event.TargetFailed:
		return t.aboutClient(e)
	case event.Waiting:
		return one(event.Named("cannot accept: %s; waiting until a connection ends", event.Reason(e.Err)))
	case event.Confined:
		return confined(e)
	case event.Answered:
		return t.answered(e)
	}
	return nil
}

// moving returns the lines of an event about what a connection moved.
func (t *Text) moving(e event.Event) []event.Line {
	switch e := e.(type) {
	case event.Closed:
		return one(t.closed(e))
	case event.CommandEnded:
		return commandEnded(e)
	case event.RecordFailed, event.Digests, event.Progress:
		return t.record(e)
	case event.Unanswered:
		return t.hint(t.unanswered())
	}
	return nil
}

// unanswered returns the hint at a half-close that a peer may have taken for the
// end of its client.
func (t *Text) unanswered() string {
	return "the peer closed without an answer after standard input had ended; if one was expected, try " + t.spell(option.NoShutdown)
}

// scanning returns the lines of an event of a scan, or of what was found on the
// way to an address.
func (t *Text) scanning(e event.Event) []event.Line {
	switch e := e.(type) {
	case event.PortFailed:
		return t.failed(e.Err)
	case event.Rescanning:
		ports := "ports"
		if e.Ports == 1 {
			ports = "port"
		}
		return one(event.Named("%d %s not open; trying again for up to %s", e.Ports, ports, e.For))
	case event.Explained:
		return explained(e)
	case event.ExplainedName:
		return explainedName(e)
	case event.ClosedAtOnce:
		return t.hint(pathHint(e.Facts))
	case event.Scanned:
		return one(event.Named("%d of %d ports open", e.Open, e.Open+e.NotOpen))
	}
	return nil
}

func confined(e event.Confined) (lines []event.Line) {
	if len(e.By) > 0 {
		lines = one(event.Named("sandbox: %s", strings.Join(e.By, ", ")))
	}
	if e.Err != nil {
		lines = append(lines, event.Named("sandbox: %s", event.Printable(event.Reason(e.Err))))
	}
	return lines
}

// retrying says why a connect failed that is tried again, and for how long.
func (t *Text) retrying(e event.Retrying) []event.Line {
	text, _ := t.describe(e.Err)
	return one(event.Named("%s; trying again for up to %s", event.Printable(text), e.For))
}

func one(line event.Line) []event.Line { return []event.Line{line} }

func (t *Text) attemptFailed(e event.AttemptFailed) []event.Line {
	host, port := event.HostAndAddr(e.To.Host, e.Attempt.Addr.Addr()), e.Attempt.Addr.Port()
	return one(event.Named("connect to %s port %d (%s) failed: %s", event.Printable(host), port, e.Network, event.Printable(event.Reason(e.Attempt.Err))))
}

func (t *Text) connected(e event.Connected) []event.Line {
	host := event.HostAndAddr(e.To.Host, e.Addr.Addr())
	lines := one(succeeded(e.Network, host, e.Addr.Port(), e.Numeric))
	if t.Verbose > 1 && e.Took > 0 {
		lines = append(lines, event.Named("connect took %s", event.Span(e.Took)))
	}
	return lines
}

// succeeded says that there is a connection, with the name of the service if
// names are wanted.
func succeeded(network, host string, port uint16, numeric bool) event.Line {
	service := "*"
	if name := addr.Service(network, port); name != "" && !numeric {
		service = name
	}
	return event.Bare("Connection to %s %d port [%s/%s] succeeded!", event.Printable(host), port, network, service)
}

// closed says that a connection has ended with its bytes each way, and with
// -vv how long it took from the moment that there was one.
func (t *Text) closed(e event.Closed) event.Line {
	subject := "connection closed"
	if e.Several {
		subject = connectionFrom(e.Remote) + " closed"
	}
	text := subject + ": " + totals(e.Totals)
	if t.Verbose > 1 {
		text += times(e.Totals)
	}
	return event.Named("%s", text)
}

// commandEnded says how a command ended, unless it ended well.
func commandEnded(e event.CommandEnded) []event.Line {
	name := "command"
	if e.Several {
		name = "command of the " + connectionFrom(e.Remote)
	}
	switch {
	case e.State.Success():
		return nil
	case e.State.Exited():
		return one(event.Named("%s ended with status %d", name, e.State.ExitCode()))
	}
	return one(event.Named("%s was ended by a %s", name, e.State)) // "signal: hangup"
}

func totals(t relay.Totals) string {
	return fmt.Sprintf("%d bytes sent, %d bytes received", t.Sent, t.Received)
}

func times(t relay.Totals) string {
	first := ""
	if !t.FirstByte.IsZero() {
		first = ", the first after " + event.Span(t.FirstByte.Sub(t.Began))
	}
	return first + ", in " + event.Span(time.Since(t.Began))
}

// answered returns the line of a request, and with -vvv its whole head.
func (t *Text) answered(e event.Answered) []event.Line {
	line := event.Bare("%s", e.Request.AppendCommon(nil))
	if t.Verbose < 3 {
		return one(line)
	}
	rule := strings.Repeat("-", 24)
	return []event.Line{line, event.Bare("%s\n%s%s", rule, e.Request.AppendHead(nil), rule)}
}

// sessionFailed says how one of several connections ended.
func (t *Text) sessionFailed(e event.SessionFailed) []event.Line {
	text, hint := t.describe(e.Err)
	if !namesPeer(e.Err, e.Remote) {
		text = connectionFrom(e.Remote) + ": " + text
	}
	return append(one(event.Named("%s", event.Printable(text))), t.hint(hint)...)
}

// namesPeer reports whether the words for err name remote.
func namesPeer(err error, remote net.Addr) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Addr != nil && (remote == nil || op.Addr.String() == remote.String())
}

// connectionFrom describes a connection by its peer, if that is known.
func connectionFrom(remote net.Addr) string {
	if event.Unnamed(remote) {
		return "connection"
	}
	return "connection from " + event.HostPort(remote)
}

// andOthers counts what is not said one by one.
func andOthers(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d others", n)
}
