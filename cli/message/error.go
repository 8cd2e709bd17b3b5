package message

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/addr"
	"gonc/conn/proxy"
	"gonc/conn/sockopt"
	"gonc/conn/tlsconn"
	"gonc/relay"
	"gonc/relay/command"
)

// describe puts an error into words.
func (t *Text) describe(err error) (text, hint string) {
	text, hint = t.describeOwn(err)
	if hint == "" && errors.Is(err, syscall.EMFILE) {
		hint = "this program has as many files open as it may; ulimit -n shows and raises the limit"
	}
	if t.Dialect.Error != nil {
		if own, ok := t.Dialect.Error(err); ok {
			text = own
		}
	}
	return text, hint
}

// describeOwn puts an error into gonc's own words.
func (t *Text) describeOwn(err error) (text, hint string) {
	if !isUsage(err) {
		if text, hint, ok := t.describeAccess(err); ok {
			return text, hint
		}
	}
	var (
		dial   *conn.DialError
		unix   *conn.UnixError
		proxy  *proxy.Error
		option *sockopt.Error
		secret *SecretError
		shake  *conn.HandshakeError
		passed *conn.ActivationError
		failed *event.ConnectError
	)
	if text, hint, ok := t.describeTLSFile(err); ok {
		return text, hint
	}
	switch {
	case errors.As(err, &failed):
		return t.describeConnect(failed)
	case isUsage(err):
		return t.describeUsage(err)
	case errors.As(err, &dial) && errors.As(err, &proxy) && proxy.Unreachable:
		return t.describeUnreachable(proxy)
	case errors.As(err, &shake):
		return t.describeHandshake(shake.Address, shake.Limit, shake.Err)
	case errors.As(err, &secret):
		return "no terminal to prompt for the " + secret.What, "set " + secret.Variable
	case errors.As(err, &option):
		return describeOption(option), option.Hint
	case errors.As(err, &dial):
		return t.describeDial(dial)
	case errors.As(err, &proxy) && !proxy.Unreachable:
		return describeProxy(proxy), t.proxyHint(proxy.Hint)
	case errors.As(err, &unix):
		return describeUnix(unix)
	case errors.As(err, &passed):
		return t.describePassed(passed)
	}
	return t.describeNames(err)
}

// describeNames describes names without an address, and all errors that are left. A
// *conn.ListenError may hold such an error, which says more.
func (t *Text) describeNames(err error) (text, hint string) {
	var (
		listen  *conn.ListenError
		name    *conn.ResolveError
		bare    *net.DNSError
		family  *conn.FamilyError
		numeric *conn.NumericError
	)
	switch {
	case errors.As(err, &name):
		return describeLookup(name), resolverHint(name.Err)
	case errors.As(err, &bare): // of what a proxy is to be given
		return describeLookup(&conn.ResolveError{Address: addr.Addr{Host: bare.Name}, Err: bare}), resolverHint(bare)
	case errors.As(err, &family):
		return fmt.Sprintf("%s has no %s address", family.Host, family.Want), t.familyHint()
	case errors.As(err, &numeric):
		return fmt.Sprintf("%q is not a numeric address", numeric.Host), t.spell(option.NoDNS) + " allows numeric addresses only"
	case errors.As(err, &listen):
		return describeListen(listen)
	}
	return t.describeSession(err)
}

// familyHint says how to get addresses of either family.
func (t *Text) familyHint() string {
	return fmt.Sprintf("without %s, %s and %s both families are tried", t.spell(option.IPv4), t.spell(option.IPv6), t.spell(option.Source))
}

// describeSession describes the end of an established connection.
func (t *Text) describeSession(err error) (text, hint string) {
	var (
		accept *conn.AcceptTimeoutError
		start  *command.StartError
		idle   *event.IdleError
		local  *relay.LocalError
		lost   *relay.UndeliveredError
		op     *net.OpError
		path   *os.PathError
	)
	switch {
	case errors.As(err, &accept):
		return fmt.Sprintf("no connection arrived within %v", accept.Limit), ""
	case errors.As(err, &start):
		return describeStart(start)
	case errors.As(err, &local):
		return t.describeLocal(local)
	case errors.As(err, &lost):
		return event.Undelivered(lost), ""
	case errors.As(err, &idle):
		return fmt.Sprintf("connection idle for %v, the limit of %s", idle.Limit, t.spell(option.IdleTimeout)), ""
	case errors.Is(err, relay.ErrIdle):
		return "connection idle for too long", ""
	case errors.As(err, &op) && op.Addr != nil:
		return t.describeOp(op)
	case errors.As(err, &path):
		return fmt.Sprintf("%s %s failed: %s", path.Op, strconv.Quote(path.Path), event.Reason(path.Err)), fileHint(path.Path, path.Err)
	}
	return event.Reason(err), ""
}

// A SecretError is a password that cannot be asked for.
type SecretError struct {
	What     string // the password
	Variable string // of the environment that it can be given in
}

func (e *SecretError) Error() string { return "no terminal to prompt for the " + e.What }

// Local returns true.
func (*SecretError) Local() bool { return true }

// describeOp describes the failure of an established connection.
func (t *Text) describeOp(e *net.OpError) (text, hint string) {
	proto := strings.TrimRight(e.Net, "46")
	at := placeOf(e.Addr) + " (" + proto + ")"
	var cut *tlsconn.TruncatedError
	var alert *tlsconn.AlertError
	var breach *tlsconn.ProtocolFailure
	switch {
	case errors.Is(e.Err, syscall.EDESTADDRREQ):
		return "send to " + at + " failed: " + event.Reason(e.Err), "a sender of Unix datagrams can be answered if its own socket has a name"
	case proto == "unixgram" && strings.Contains(e.Op, "write") && (errors.Is(e.Err, syscall.ECONNREFUSED) || errors.Is(e.Err, syscall.ENOENT)):
		return "send to " + at + " failed: " + event.Reason(e.Err), "the program that had that socket has gone"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "connect to " + at + " failed: " + event.Reason(e.Err), t.connectHint(e.Err)
	case errors.Is(e.Err, syscall.EMSGSIZE) && e.Op == "read":
		return "receive from " + at + " failed: " + event.Reason(e.Err), "a datagram may have 65,535 bytes at most"
	case errors.Is(e.Err, syscall.EMSGSIZE):
		return "send to " + at + " failed: " + event.Reason(e.Err), "the network does not take a datagram that long"
	case errors.As(e.Err, &cut):
		return "receive from " + at + " failed: it ended without close_notify", "what was received may not be all"
	case errors.As(e.Err, &alert):
		why, hint := t.tlsWords(e).alert(alert, false)
		return "receive from " + at + " failed: " + why, hint
	case errors.As(e.Err, &breach):
		why, hint := t.tlsWords(e).breach(breach, false)
		return "receive from " + at + " failed: " + why, hint
	case strings.Contains(e.Op, "write"):
		return "send to " + at + " failed: " + event.Reason(e.Err), "the other side closed the connection before it had everything"
	}
	return "receive from " + at + " failed: " + event.Reason(e.Err), ""
}

// placeOf returns the address of a peer, with the word "port" before its port.
func placeOf(a net.Addr) string {
	if event.Unnamed(a) {
		return "a socket without a name"
	}
	if _, ok := a.(*net.UnixAddr); ok {
		return event.HostPort(a)
	}
	return strings.Replace(event.HostPort(a), " ", " port ", 1)
}

func describeOption(e *sockopt.Error) string {
	if e.Value == "" && !errors.Is(e.Err, errors.ErrUnsupported) {
		return fmt.Sprintf("set %s: %s", e.Option, event.Reason(e.Err))
	}
	return fmt.Sprintf("set %s to %s: %s", e.Option, e.Value, event.Reason(e.Err))
}

func describeUnix(e *conn.UnixError) (text, hint string) {
	text = "connect to %s failed: %s"
	if e.Op == "listen" {
		text = "listen on %s failed: %s"
	}
	switch {
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		hint = "no process is listening on that socket"
		if info, err := os.Stat(e.Path); err == nil && info.Mode().Type() != os.ModeSocket {
			hint = "that is not a socket"
		}
	case event.TimedOut(e.Err):
		hint = "the listener's backlog is full"
	case errors.Is(e.Err, syscall.ENOENT) && e.Op == "connect":
		hint = "there is no such socket"
	case errors.Is(e.Err, syscall.ENOENT):
		hint = "the directory does not exist"
	case errors.Is(e.Err, syscall.EADDRINUSE):
		hint = "another program listens on that socket"
	case errors.Is(e.Err, syscall.ENAMETOOLONG):
		hint = "the path of a Unix socket has at most 107 bytes; use a relative one"
	case errors.Is(e.Err, syscall.EPROTOTYPE):
		hint = "it is a socket of another type: -u is for datagrams, no -u for streams"
	case errors.Is(e.Err, conn.ErrNotSocket):
		hint = "the file was not touched; use another path"
	}
	return fmt.Sprintf(text, e.Path, event.Reason(e.Err)), hint
}

// describeConnect adds to a failed connect what was found out about it.
func (t *Text) describeConnect(e *event.ConnectError) (text, hint string) {
	text, hint = t.describeOwn(e.Err)
	if found := pathHint(e.Facts); found != "" || e.Explained {
		hint = found
	}
	return text, hint
}

func (t *Text) describeDial(e *conn.DialError) (text, hint string) {
	last := e.Tried[len(e.Tried)-1]
	hint = t.attemptHint(last)
	same := true
	var addrs, all []string
	for _, t := range e.Tried {
		ip := t.Addr.Addr().String()
		addrs = append(addrs, ip)
		all = append(all, event.Reason(t.Err)+" ("+ip+")")
		same = same && event.Reason(t.Err) == event.Reason(e.Tried[0].Err)
	}
	host := e.Address.Host
	why := strings.Join(all, ", ")
	if same {
		why = event.Reason(e.Tried[0].Err)
		if len(addrs) > 1 || addrs[0] != host {
			host += " (" + strings.Join(addrs, ", ") + ")"
		}
	}
	return fmt.Sprintf("connect to %s port %s (%s) failed: %s", host, e.Address.Port, e.Network, why), hint
}

// boundTo returns the address that e's socket was to be bound to, with names
// resolved.
func boundTo(e *conn.ListenError) addr.Addr {
	a := e.Address
	if op := new(net.OpError); errors.As(e.Err, &op) && op.Addr != nil {
		if at, err := netip.ParseAddrPort(op.Addr.String()); err == nil {
			a.Host = at.Addr().String()
		}
	}
	return a
}

func describeListen(e *conn.ListenError) (text, hint string) {
	at := e.Address.Port
	if e.Address.Host != "" {
		at = e.Address.Host + " " + at
	}
	switch {
	case errors.Is(e.Err, syscall.EADDRINUSE):
		hint = "another program has the port; with port 0 the system chooses one"
		if owner := addr.PortOwner(e.Network, boundTo(e)); owner != "" {
			hint = "the port is in use by " + owner
		}
	case errors.Is(e.Err, syscall.EACCES):
		hint = "ports below 1024 need root; use a higher one"
	case errors.Is(e.Err, syscall.EADDRNOTAVAIL):
		hint = "this machine does not have that address"
	case errors.Is(e.Err, syscall.EINVAL):
		ip, _ := netip.ParseAddr(e.Address.Host)
		hint = zoneHint(ip)
	}
	return fmt.Sprintf("listen on %s (%s) failed: %s", at, e.Network, event.Reason(e.Err)), hint
}

func (t *Text) describeLocal(e *relay.LocalError) (text, hint string) {
	switch {
	case e.Op == "read":
		return "standard input could not be read: " + event.Reason(e.Err), ""
	case errors.Is(e.Err, syscall.ENOTSOCK):
		hint = t.spell(option.PassFD) + " passes the descriptor over a Unix socket, as ssh's ProxyUseFdpass has it"
	}
	return "standard output could not be written: " + event.Reason(e.Err), hint
}

// describeStart describes a command that could not be started.
func describeStart(e *command.StartError) (text, hint string) {
	why := event.Reason(e.Err)
	switch {
	case errors.Is(e.Err, exec.ErrNotFound):
		why, hint = "Command not found", "no directory of PATH has it"
	case errors.Is(e.Err, syscall.EACCES):
		hint = "chmod +x makes a file executable"
	case errors.Is(e.Err, syscall.ENOEXEC):
		hint = "a script has to begin with #!/bin/sh or the like"
	case errors.Is(e.Err, syscall.ENOENT):
		hint = "its first line names an interpreter that does not exist"
		if _, err := os.Stat(e.Name); err != nil {
			hint = fileHint(e.Name, e.Err)
		}
	}
	return "run " + shortened(e.Name) + ": " + why, hint
}

// shortened returns a name with no more of it than a person reads.
func shortened(name string) string {
	const most = 200
	if len(name) > most {
		return name[:most] + "..."
	}
	return name
}

func describeLookup(e *conn.ResolveError) string {
	text := "getaddrinfo for host " + strconv.Quote(e.Address.Host)
	if e.Address.Port != "" { // a source may have none
		text += " port " + e.Address.Port
	}
	if e.Limit > 0 {
		return text + fmt.Sprintf(": no answer within %v", e.Limit)
	}
	return text + ": " + event.LookupReason(e.Err)
}

func resolverHint(e *net.DNSError) string {
	switch scheme, _, isURL := strings.Cut(e.Name, "://"); {
	case isURL:
		return "write the host without " + scheme + "://"
	case e.IsNotFound:
		return "check the spelling of the name"
	}
	at, what := "", "did not answer"
	if server, err := netip.ParseAddrPort(e.Server); err == nil {
		at = " " + server.Addr().String()
	}
	if e.Err == "server misbehaving" { // package net's words for SERVFAIL and the like
		what = "answered that it failed"
	}
	return "the name server" + at + " " + what + "; a numeric address needs none"
}
