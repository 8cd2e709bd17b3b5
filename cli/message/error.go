package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"

	"gonc/conn"
	"gonc/relay"
)

// Sentences that a dialect may have words of its own for, while gonc has one
// sentence for both; the numbers make other keys of them.
const (
	missingOption = "set %[1]s to %[2]s: %[3]s"                         // the system does not have it
	badSource     = "connect to %[1]s port %[2]s (%[3]s) failed: %[4]s" // it is the source that is wrong
)

// describe puts an error into words.
func (d *dialect) describe(err error) (text, hint string) {
	var (
		usage   *usageError
		dial    *conn.DialError
		listen  *conn.ListenError
		name    *conn.ResolveError
		bare    *net.DNSError
		family  *conn.FamilyError
		numeric *conn.NumericError
		accept  *conn.AcceptTimeoutError
		local   *relay.LocalError
		lost    *relay.UndeliveredError
		op      *net.OpError
		path    *os.PathError
		unix    *conn.UnixError
		proxy   *conn.ProxyError
		option  *conn.OptionError
	)
	switch {
	case errors.As(err, &usage):
		return d.sentence(usage.text, usage.args...), usage.hint
	case errors.As(err, &option):
		return d.describeOption(option), option.Hint
	case errors.As(err, &dial):
		return d.describeDial(dial)
	case errors.As(err, &proxy):
		return describeProxy(proxy), proxy.Hint
	case errors.As(err, &unix):
		return d.describeUnix(unix)
	// A *conn.ListenError may hold one of the next four, which says more.
	case errors.As(err, &name):
		return describeLookup(name), resolverHint(name.Err)
	case errors.As(err, &bare): // of what a proxy is to be given
		return describeLookup(&conn.ResolveError{Address: conn.Address{Host: bare.Name}, Err: bare}), resolverHint(bare)
	case errors.As(err, &family):
		return d.sentence("%[1]s has no %[2]s address", family.Host, family.Want, family.Port), "without -4, -6 and -s both families are tried"
	case errors.As(err, &numeric):
		return d.sentence("%[1]q is not a numeric address", numeric.Host, numeric.Port), "-n allows numeric addresses only"
	case errors.As(err, &listen):
		return d.describeListen(listen)
	case errors.As(err, &accept):
		return fmt.Sprintf("no connection came within %v", accept.Limit), ""
	case errors.As(err, &local):
		return describeLocal(local)
	case errors.As(err, &lost):
		return describeLost(lost), ""
	case errors.Is(err, relay.ErrIdle):
		return "nothing was sent or received for too long", ""
	case errors.As(err, &op) && op.Addr != nil:
		return describeOp(op)
	case errors.As(err, &path):
		return fmt.Sprintf("%s %s failed: %s", path.Op, quote(path.Path), reason(path.Err)), ""
	}
	return reason(err), ""
}

// describeOp is about a connection that was there and failed.
func describeOp(e *net.OpError) (text, hint string) {
	proto := strings.TrimRight(e.Net, "46")
	at := placeOf(e.Addr) + " (" + proto + ")"
	switch {
	case errors.Is(e.Err, syscall.EDESTADDRREQ):
		return "send to " + at + " failed: " + reason(e.Err), "a sender of Unix datagrams can be answered if its own socket has a name"
	case proto == "unixgram" && strings.Contains(e.Op, "write") && (errors.Is(e.Err, syscall.ECONNREFUSED) || errors.Is(e.Err, syscall.ENOENT)):
		return "send to " + at + " failed: " + reason(e.Err), "the program that had that socket has gone"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "connect to " + at + " failed: " + reason(e.Err), hintOf(e.Err)
	case errors.Is(e.Err, syscall.EMSGSIZE) && e.Op == "read":
		return "receive from " + at + " failed: " + reason(e.Err), "a datagram may have 65,535 bytes at most"
	case errors.Is(e.Err, syscall.EMSGSIZE):
		return "send to " + at + " failed: " + reason(e.Err), "the network does not take a datagram that long"
	case strings.Contains(e.Op, "write"):
		return "send to " + at + " failed: " + reason(e.Err), "the other side closed the connection before it had everything"
	}
	return "receive from " + at + " failed: " + reason(e.Err), ""
}

// placeOf is where a peer is, its port after a word.
func placeOf(a net.Addr) string {
	if unnamed(a) {
		return "a socket without a name"
	}
	if _, ok := a.(*net.UnixAddr); ok {
		return hostPort(a)
	}
	return strings.Replace(hostPort(a), " ", " port ", 1)
}

func describeProxy(e *conn.ProxyError) string {
	text := "proxy " + e.Address.Host + " port " + e.Address.Port + " (" + e.Type + ") "
	if errors.As(e.Err, new(syscall.Errno)) {
		return text + "failed: " + reason(e.Err) // not which call on which socket
	}
	text += e.Why
	if e.Reply != "" && !strings.Contains(e.Why, e.Reply) {
		text += `: "` + e.Reply + `"`
	}
	ended := errors.Is(e.Err, io.EOF) || errors.Is(e.Err, io.ErrUnexpectedEOF) || timedOut(e.Err)
	if e.Err != nil && !ended && !strings.Contains(e.Why, e.Err.Error()) {
		text += ": " + reason(e.Err)
	}
	return text
}

func (d *dialect) describeOption(e *conn.OptionError) string {
	switch {
	case errors.Is(e.Err, errors.ErrUnsupported):
		return d.sentence(missingOption, e.Option, e.Value, reason(e.Err))
	case e.Value == "":
		return d.sentence("set %s: %s", e.Option, reason(e.Err))
	}
	return d.sentence("set %s to %s: %s", e.Option, e.Value, reason(e.Err))
}

func (d *dialect) describeUnix(e *conn.UnixError) (text, hint string) {
	text = "connect to %s failed: %s"
	if e.Op == "listen" {
		text = "listen on %s failed: %s"
	}
	switch {
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		hint = "nobody listens on that socket"
		if info, err := os.Stat(e.Path); err == nil && info.Mode().Type() != os.ModeSocket {
			hint = "that is no socket"
		}
	case timedOut(e.Err):
		hint = "whoever listens there does not accept what waits for it"
	case errors.Is(e.Err, syscall.ENOENT) && e.Op == "connect":
		hint = "there is no such socket"
	case errors.Is(e.Err, syscall.EADDRINUSE):
		hint = "another program listens on that socket"
	case errors.Is(e.Err, syscall.ENAMETOOLONG):
		hint = "the path of a Unix socket has at most 107 bytes; use a relative one"
	case errors.Is(e.Err, syscall.EPROTOTYPE):
		hint = "it is a socket of another type; with -u datagrams are sent, without streams"
	case errors.Is(e.Err, conn.ErrNotSocket):
		hint = "it is left alone; take another path"
	}
	if errors.Is(e.Err, conn.ErrNotSocket) {
		return fmt.Sprintf(text, e.Path, reason(e.Err)), hint
	}
	return d.sentence(text, e.Path, reason(e.Err)), hint
}

func (d *dialect) describeDial(e *conn.DialError) (text, hint string) {
	last := e.Tried[len(e.Tried)-1]
	hint = attemptHint(last)
	same := true
	var addrs, all []string
	for _, t := range e.Tried {
		ip := t.Addr.Addr().String()
		addrs = append(addrs, ip)
		all = append(all, reason(t.Err)+" ("+ip+")")
		same = same && reason(t.Err) == reason(e.Tried[0].Err)
	}
	host := e.Address.Host
	why := strings.Join(all, ", ")
	if same {
		why = reason(e.Tried[0].Err)
		if len(addrs) > 1 || addrs[0] != host {
			host += " (" + strings.Join(addrs, ", ") + ")"
		}
	}
	text = "connect to %s port %s (%s) failed: %s"
	if sourceFailed(e) {
		text = badSource
	}
	return d.sentence(text, host, e.Address.Port, e.Network, why), hint
}

// sourceFailed reports whether the address or port to connect from is what
// could not be had.
func sourceFailed(err error) bool {
	var call *os.SyscallError
	return errors.As(err, &call) && call.Syscall == "bind"
}

// boundTo is where e's socket was to be bound: what a name stood for.
func boundTo(e *conn.ListenError) conn.Address {
	a := e.Address
	if op := new(net.OpError); errors.As(e.Err, &op) && op.Addr != nil {
		if at, err := netip.ParseAddrPort(op.Addr.String()); err == nil {
			a.Host = at.Addr().String()
		}
	}
	return a
}

func (d *dialect) describeListen(e *conn.ListenError) (text, hint string) {
	at := e.Address.Port
	if e.Address.Host != "" {
		at = e.Address.Host + " " + at
	}
	switch {
	case errors.Is(e.Err, syscall.EADDRINUSE):
		hint = "another program has the port; port 0 is one of the system's choice"
		if owner := conn.PortOwner(e.Network, boundTo(e)); owner != "" {
			hint = "the port is in use by " + owner
		}
	case errors.Is(e.Err, syscall.EACCES):
		hint = "ports below 1024 need root; take one above"
	case errors.Is(e.Err, syscall.EADDRNOTAVAIL):
		hint = "this machine does not have that address"
	case errors.Is(e.Err, syscall.EINVAL):
		ip, _ := netip.ParseAddr(e.Address.Host)
		hint = zoneHint(ip)
	}
	return d.sentence("listen on %s (%s) failed: %s", at, e.Network, reason(e.Err)), hint
}

func describeLocal(e *relay.LocalError) (text, hint string) {
	switch {
	case e.Op == "read":
		return "standard input could not be read: " + reason(e.Err), ""
	case errors.Is(e.Err, syscall.ENOTSOCK):
		hint = "-F passes the descriptor over a Unix socket, as ssh's ProxyUseFdpass has it"
	}
	return "standard output could not be written: " + reason(e.Err), hint
}

func describeLost(e *relay.UndeliveredError) string {
	done, idler := "delivered", "the other side"
	if e.Local {
		done, idler = "written to standard output", "its reader"
	}
	text := fmt.Sprintf("at least %d bytes could not be %s", e.Bytes, done)
	if e.Err == nil {
		return text + ": " + idler + " is not reading"
	}
	if errors.Is(e.Err, relay.ErrIdle) {
		return text + " in time"
	}
	return text + ": " + reason(e.Err)
}

func describeLookup(e *conn.ResolveError) string {
	text := "getaddrinfo for host " + quote(e.Address.Host)
	if e.Address.Port != "" { // a source may have none
		text += " port " + e.Address.Port
	}
	if e.Limit > 0 {
		return text + fmt.Sprintf(": no answer within %v", e.Limit)
	}
	return text + ": " + resolverText(e.Err)
}

func resolverText(e *net.DNSError) string {
	switch {
	case e.IsNotFound:
		return "Name or service not known"
	case e.IsTimeout, e.IsTemporary:
		return "Temporary failure in name resolution"
	}
	return quote(e.Err)
}

func resolverHint(e *net.DNSError) string {
	if e.IsNotFound {
		return "check the spelling of the name"
	}
	return "the name server did not answer; a numeric address needs none"
}

// reason is the cause of an error in the words of the system, which begin
// with a capital as strerror(3) has them.
func reason(err error) string {
	var errno syscall.Errno
	var idle *relay.UndeliveredError
	switch {
	case errors.As(err, &errno):
		text := errno.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	case errors.As(err, &idle):
		return describeLost(idle)
	case timedOut(err):
		return "Connection timed out"
	}
	return err.Error()
}

// timedOut reports whether err is that a limit of ours ran out.
func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}
