package dialect

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/relay"
)

// ncatEnding ends every message of ncat: with a full stop, and about what is
// not the network with one word more.
func ncatEnding(err error) string {
	if ncatIsNetwork(err) {
		return "."
	}
	return ". QUITTING."
}

// ncatIsNetwork reports whether err counts as one of the network, which the
// lookup of a name does not.
func ncatIsNetwork(err error) bool {
	return !event.IsLocal(err) && !errors.As(err, new(*conn.ResolveError))
}

// ncatEvent has the words of ncat for events.
func ncatEvent(e event.Event, verbose int) (lines []event.Line, ok bool) {
	switch e := e.(type) {
	case event.Started:
		return ncatLine("Version 7.99 as gonc %s behaves like it", e.Version), true
	case event.Connecting, event.Scanned, event.PortFailed:
		return nil, true
	case event.Connected:
		return ncatLine("Connected to %s.", e.Addr), true
	case event.Tunneled:
		return ncatLine("Connected to %s.", event.Printable(net.JoinHostPort(e.To.Host, strconv.Itoa(int(e.Port))))), true
	case event.ConnectedUnix:
		return ncatLine("Connected to %s.", event.Printable(e.Path)), true
	case event.Listening:
		for _, a := range e.At {
			lines = append(lines, event.Named("Listening on %s", ncatAddr(a)))
		}
		return lines, true
	case event.Accepted:
		return ncatLine("Connection from %s.", ncatAddr(e.From())), true
	case event.Refused:
		return ncatLine("New connection denied: connection limit reached (%d)", e.Limit), true
	case event.Closed:
		took := time.Since(e.Totals.Began).Seconds()
		return ncatLine("%d bytes sent, %d bytes received in %.2f seconds.", e.Totals.Sent, e.Totals.Received, took), true
	}
	return nil, false
}

func ncatLine(format string, args ...any) []event.Line {
	return []event.Line{event.Named(format, args...)}
}

func ncatAddr(a net.Addr) string { return event.Printable(a.String()) }

// ncatError has the words of ncat for errors, without what they end with.
func ncatError(err error) (text string, ok bool) {
	var (
		name   *conn.ResolveError
		listen *conn.ListenError
		dial   *conn.DialError
		local  *relay.LocalError
		op     *net.OpError
	)
	switch {
	case errors.As(err, &name) && name.Limit == 0:
		return fmt.Sprintf("Could not resolve hostname %q: %s", name.Address.Host, event.LookupReason(name.Err)), true
	case errors.As(err, &listen):
		return fmt.Sprintf("bind to %s: %s", listen.Address, event.Reason(listen.Err)), true
	case errors.As(err, &dial):
		last := dial.Tried[len(dial.Tried)-1].Err
		if event.TimedOut(last) {
			return "TIMEOUT", true
		}
		return event.Reason(last), true
	case errors.Is(err, relay.ErrIdle):
		return "Idle timeout expired", true
	case errors.As(err, &local):
		return local.Op + ": " + event.Reason(local.Err), true
	case errors.As(err, &op):
		return event.Reason(op), true
	}
	return ncatUsageError(err)
}

// ncatUsageError has the words for errors about the command line, of which
// those of getopt_long(3) are another line and begin with another name.
func ncatUsageError(err error) (text string, ok bool) {
	var (
		unknown   *option.UnknownError
		missing   *option.MissingArgumentError
		unwanted  *option.UnwantedArgumentError
		ambiguous *option.AmbiguousError
		value     *option.ValueError
		operand   *option.OperandError
	)
	switch {
	case errors.As(err, &unknown) && strings.HasPrefix(unknown.Name, "--"):
		return "unrecognized option '" + unknown.Name + "'", true
	case errors.As(err, &unknown):
		return "invalid option -- '" + unknown.Name[1:] + "'", true
	case errors.As(err, &missing) && strings.HasPrefix(missing.Name, "--"):
		return "option '" + missing.Name + "' requires an argument", true
	case errors.As(err, &missing):
		return "option requires an argument -- '" + missing.Name[1:] + "'", true
	case errors.As(err, &unwanted):
		return "option '" + unwanted.Name + "' doesn't allow an argument", true
	case errors.As(err, &ambiguous):
		return "option '" + ambiguous.Name + "' is ambiguous; possibilities: '" + strings.Join(ambiguous.Candidates, "' '") + "'", true
	case errors.As(err, &value):
		return ncatValue(value)
	case errors.As(err, &operand):
		return ncatOperand(operand)
	}
	return "", false
}

func ncatValue(e *option.ValueError) (text string, ok bool) {
	switch {
	case e.Why == option.NeedsUnit:
		minutes, _ := strconv.ParseFloat(e.Text, 64)
		return fmt.Sprintf("Since April 2010, the default unit for %s is seconds, so your time of %q is %.1f minutes. Use \"%sms\" for %s milliseconds",
			e.Name, e.Text, minutes/60, e.Text, e.Text), true
	case option.RowOf(e.ID).Kind == option.Time || option.RowOf(e.ID).Kind == option.SignedTime:
		return fmt.Sprintf("Invalid %s timeout %q (must be greater than 0)", e.Name, e.Text), true
	case e.ID == option.SourcePort:
		return fmt.Sprintf("Invalid source port %s", e.Text), true
	case e.ID == option.ProxyType:
		return fmt.Sprintf("Invalid proxy type %q", e.Text), true
	}
	return "", false
}

func ncatOperand(e *option.OperandError) (text string, ok bool) {
	switch e.Problem {
	case option.NoHostAndPort:
		return "You must specify a host to connect to", true
	case option.TooMany:
		return "Got more than one port specification: " + e.Text, true
	case option.BadOperand:
		return fmt.Sprintf("Invalid port number %q", e.Text), true
	}
	return "", false
}
