package dialect

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gonc/cli/event"
	"gonc/conn"
	"gonc/conn/proxy"
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
// lookup of a name does not, nor an address of the wrong family, nor a listener
// that was idle.
func ncatIsNetwork(err error) bool {
	var idle *event.IdleError
	var refused *proxy.Error
	switch {
	case errors.As(err, &refused) && refused.Unreachable:
		return true
	case errors.As(err, &idle):
		return !idle.Listener
	}
	return !event.IsLocal(err) && !errors.As(err, new(*conn.ResolveError)) && !errors.As(err, new(*conn.FamilyError))
}

// ncatEvent has the words of ncat for events.
func ncatEvent(e event.Event, verbose int) (lines []event.Line, ok bool) {
	switch e := e.(type) {
	case event.Failed:
		return ncatRefusal(e.Err)
	case event.Started:
		return []event.Line{event.Bare("%s", strings.TrimSuffix(ncatVersion(e.Version), "\n"))}, true
	case event.Connecting, event.Scanned, event.PortFailed:
		return nil, true
	case event.Connected:
		return ncatLine("Connected to %s.", e.Addr), true
	case event.Tunneled:
		return ncatLine("Connected to %s.", event.Printable(net.JoinHostPort(e.To.Host, strconv.Itoa(int(e.Port))))), true
	case event.ConnectedUnix:
		return ncatLine("Connected to %s.", event.Printable(e.Path)), true
	case event.AttemptFailed:
		return ncatLine("%s.", event.Reason(e.Attempt.Err)), true
	case event.Listening:
		for _, a := range slices.Backward(e.At) { // IPv6 comes first
			lines = append(lines, event.Named("Listening on %s", ncatAddr(a)))
		}
		return lines, true
	case event.Accepted:
		if e.Local.Network() == "unix" {
			return ncatLine("Connection from a client on Unix domain socket."), true
		}
		return ncatClient(e.From()), true
	case event.Denied:
		return append(ncatClient(e.Remote), event.Named("New connection denied: not allowed")), true
	case event.Refused:
		return append(ncatClient(e.Remote), event.Named("New connection denied: connection limit reached (%d)", e.Limit)), true
	case event.SessionFailed:
		// That one of several clients leaves does not concern the others.
		left := errors.Is(e.Err, syscall.ECONNRESET) || errors.Is(e.Err, syscall.EPIPE)
		return nil, left && verbose == 0 && !event.IsLocal(e.Err)
	case event.Closed:
		if e.Accepted && verbose < 2 {
			return nil, true // totals are those of a client
		}
		took := time.Since(e.Totals.Began).Seconds()
		return ncatLine("%d bytes sent, %d bytes received in %.2f seconds.", e.Totals.Sent, e.Totals.Received, took), true
	}
	return nil, false
}

func ncatLine(format string, args ...any) []event.Line {
	return []event.Line{event.Named(format, args...)}
}

func ncatClient(from net.Addr) []event.Line { return ncatLine("Connection from %s.", ncatAddr(from)) }

func ncatAddr(a net.Addr) string { return event.Printable(a.String()) }

// ncatError has the words of ncat for errors, without what they end with.
func ncatError(err error) (text string, ok bool) {
	var (
		listen *conn.ListenError
		unix   *conn.UnixError
		dial   *conn.DialError
		idle   *event.IdleError
		local  *relay.LocalError
		op     *net.OpError
	)
	if text, ok := ncatProxyError(err); ok {
		return text, true
	}
	if text, ok := ncatNameError(err); ok {
		return text, true
	}
	switch {
	case errors.As(err, &listen):
		return fmt.Sprintf("bind to %s: %s", listen.Address, event.Reason(listen.Err)), true
	case errors.As(err, &unix) && errors.Is(unix.Err, conn.ErrNotSocket):
		return fmt.Sprintf("bind to %s: Address already in use", unix.Path), true // so that it is not touched
	case errors.As(err, &unix) && unix.Op == "listen":
		return fmt.Sprintf("bind to %s: %s", unix.Path, event.Reason(unix.Err)), true
	case errors.As(err, &unix):
		return event.Reason(unix.Err), true
	case errors.As(err, &dial):
		last := dial.Tried[len(dial.Tried)-1].Err
		if event.TimedOut(last) {
			return "TIMEOUT", true
		}
		return event.Reason(last), true
	case errors.As(err, &idle):
		return fmt.Sprintf("Idle timeout expired (%d ms)", idle.Limit.Milliseconds()), true
	case errors.As(err, &local):
		return local.Op + ": " + event.Reason(local.Err), true
	case errors.As(err, &op) && (errors.As(op.Err, new(syscall.Errno)) || event.TimedOut(op.Err)):
		return event.Reason(op), true
	}
	return ncatUsageError(err)
}

// ncatNameError has the words for names that stand for no address, or for none
// that can be used.
func ncatNameError(err error) (text string, ok bool) {
	var (
		name   *conn.ResolveError
		digits *conn.NumericError
		family *conn.FamilyError
	)
	switch {
	case errors.As(err, &name) && name.Limit == 0 && name.Address.Port == "":
		return fmt.Sprintf("Could not resolve source address %q: %s", name.Address.Host, event.LookupReason(name.Err)), true
	case errors.As(err, &name) && name.Limit == 0:
		return fmt.Sprintf("Could not resolve hostname %q: %s", name.Address.Host, event.LookupReason(name.Err)), true
	case errors.As(err, &digits):
		return fmt.Sprintf("Could not resolve hostname %q: Name or service not known", digits.Host), true
	case errors.As(err, &family):
		return fmt.Sprintf("Could not resolve hostname %q: Address family for hostname not supported", family.Host), true
	}
	return "", false
}

// ncatProxyError has the words for what a proxy did.
func ncatProxyError(err error) (text string, ok bool) {
	var (
		refused *proxy.Error
		name    *conn.ResolveError
	)
	switch {
	case !errors.As(err, &refused):
		return "", false
	case errors.As(refused.Err, &name):
		return fmt.Sprintf("Could not resolve proxy %q: %s", name.Address.Host, event.LookupReason(name.Err)), true
	case refused.Unreachable:
		return "Proxy connection failed: " + event.Reason(refused.Err), true
	case refused.Type == "http" && refused.Reply != "":
		return fmt.Sprintf("Proxy returned status code %d", refused.Code), true
	case refused.Type == "socks5" && refused.Login && refused.Reply == "":
		return "Error: no acceptable authentication method proposed", true
	case refused.Type == "socks5" && refused.Reply != "":
		return "Error: " + strings.ToUpper(refused.Reply[:1]) + refused.Reply[1:], true
	case refused.Reply != "":
		return "Proxy connection failed", true
	}
	return "", false
}
