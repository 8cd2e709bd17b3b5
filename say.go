package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"gonc/conn"
	"gonc/relay"
)

// Every message of gonc is made in this file and goes to standard error. An
// error is one line that begins with the program's name, has no capital and
// no full stop, and may be followed by a hint that says what to try. The
// words are OpenBSD's where it has any; those about connections bear no name.

// A speaker says things. It may be used by several goroutines.
type speaker struct {
	name  string // what errors begin with
	level int    // of -v

	mu sync.Mutex
	w  io.Writer
}

// line writes one whole line in one write.
func (s *speaker) line(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	io.WriteString(s.w, fmt.Sprintf(format, args...)+"\n")
}

// errorLine is line for an error or a hint.
func (s *speaker) errorLine(format string, args ...any) {
	s.line("%s: "+format, append([]any{s.name}, args...)...)
}

// fail says what err is, and what may help.
func (s *speaker) fail(err error) {
	text, hint := describe(err)
	s.errorLine("%s", text)
	if hint != "" {
		s.errorLine("hint: %s", hint)
	}
}

// describe puts an error into words.
func describe(err error) (text, hint string) {
	var (
		usage   *usageError
		dial    *conn.DialError
		listen  *conn.ListenError
		timeout *conn.TimeoutError
		dns     *net.DNSError
		family  *conn.FamilyError
		numeric *conn.NumericError
		accept  *conn.AcceptTimeoutError
		local   *relay.LocalError
		lost    *relay.UndeliveredError
		op      *net.OpError
		path    *os.PathError
	)
	switch {
	case errors.As(err, &usage):
		return usage.text, usage.hint
	case errors.As(err, &dial):
		return describeDial(dial)
	case errors.As(err, &timeout):
		return fmt.Sprintf("connect to %s port %s (%s) failed: Connection timed out", timeout.Address.Host, timeout.Address.Port, timeout.Network), hintOf(syscall.ETIMEDOUT)
	case errors.As(err, &listen):
		return describeListen(listen)
	case errors.As(err, &dns):
		return fmt.Sprintf("getaddrinfo for host %s: %s", quote(dns.Name), resolverText(dns)), resolverHint(dns)
	case errors.As(err, &family):
		return err.Error(), "without -4 and -6 both families are tried"
	case errors.As(err, &numeric):
		return err.Error(), "-n allows numeric addresses only"
	case errors.As(err, &accept):
		return fmt.Sprintf("no connection came within %v", accept.Limit), ""
	case errors.As(err, &local):
		return describeLocal(local), ""
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
	at := strings.Replace(hostPort(e.Addr), " ", " port ", 1) + " (" + proto + ")"
	switch {
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "connect to " + at + " failed: " + reason(e.Err), hintOf(e.Err)
	case errors.Is(e.Err, syscall.EMSGSIZE):
		return "send to " + at + " failed: " + reason(e.Err), "the network does not take a datagram that long"
	case strings.Contains(e.Op, "write"):
		return "send to " + at + " failed: " + reason(e.Err), "the other side closed the connection before it had everything"
	}
	return "receive from " + at + " failed: " + reason(e.Err), ""
}

func describeDial(e *conn.DialError) (text, hint string) {
	hint = hintOf(e.Tried[len(e.Tried)-1].Err)
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
	return fmt.Sprintf("connect to %s port %s (%s) failed: %s", host, e.Address.Port, e.Network, why), hint
}

func describeListen(e *conn.ListenError) (text, hint string) {
	at := e.Address.Port
	if e.Address.Host != "" {
		at = e.Address.Host + " " + at
	}
	switch {
	case errors.Is(e.Err, syscall.EADDRINUSE):
		hint = "another program has the port; port 0 is one of the system's choice"
		if owner := conn.PortOwner(e.Network, e.Address.Port); owner != "" {
			hint = "the port is in use by " + owner
		}
	case errors.Is(e.Err, syscall.EACCES):
		hint = "ports below 1024 need root; take one above"
	case errors.Is(e.Err, syscall.EADDRNOTAVAIL):
		hint = "this machine does not have that address"
	}
	return fmt.Sprintf("listen on %s (%s) failed: %s", at, e.Network, reason(e.Err)), hint
}

func describeLocal(e *relay.LocalError) string {
	if e.Op == "read" {
		return "standard input could not be read: " + reason(e.Err)
	}
	return "standard output could not be written: " + reason(e.Err)
}

func describeLost(e *relay.UndeliveredError) string {
	text := fmt.Sprintf("%d bytes could not be delivered", e.Bytes)
	if e.Err == nil {
		return text + ": the other side has stopped reading"
	}
	if errors.Is(e.Err, relay.ErrIdle) {
		return text + " in time"
	}
	return text + ": " + reason(e.Err)
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

// hintOf says what may be the matter with a connect that failed with err.
func hintOf(err error) string {
	if timedOut(err) {
		err = syscall.ETIMEDOUT
	}
	for _, h := range []struct {
		errno error
		hint  string
	}{
		{syscall.ECONNREFUSED, "nothing listens on that port there"},
		{syscall.ETIMEDOUT, "a firewall drops what is sent, or the host is down"},
		{syscall.EHOSTUNREACH, "the host is down, or no route leads to it"},
		{syscall.ENETUNREACH, "this machine has no route to that network"},
		{syscall.EADDRINUSE, "another connection has that source port"},
		{syscall.EADDRNOTAVAIL, "this machine does not have that source address"},
	} {
		if errors.Is(err, h.errno) {
			return h.hint
		}
	}
	if errors.Is(err, syscall.EACCES) {
		return "a broadcast address needs -b, a source port below 1024 needs root"
	}
	return ""
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

// quote makes s safe to be shown.
func quote(s string) string { return strconv.Quote(s) }

// connected says that an attempt came through (-v).
func (s *speaker) connected(network string, a conn.Address, to netip.AddrPort) {
	service := conn.ServiceName(network, to.Port())
	if service == "" {
		service = "*"
	}
	s.line("Connection to %s %d port [%s/%s] succeeded!", nameAnd(a.Host, to.Addr()), to.Port(), network, service)
}

// attemptFailed says that one address of several did not (-v).
func (s *speaker) attemptFailed(network string, a conn.Address, t conn.Attempt) {
	s.errorLine("connect to %s port %d (%s) failed: %s", nameAnd(a.Host, t.Addr.Addr()), t.Addr.Port(), network, reason(t.Err))
}

// took says how long a step took (-vv).
func (s *speaker) took(step string, d time.Duration) {
	if s.level > 1 {
		s.errorLine("%s took %s", step, span(d))
	}
}

// accepted says that somebody connected (-v). No name is looked up.
func (s *speaker) accepted(remote net.Addr) { s.line("Connection received on %s", hostPort(remote)) }

// refused says that somebody was turned away (-v).
func (s *speaker) refused(remote net.Addr, limit int) {
	s.errorLine("connection from %s closed: there are %d already (--max-conns)", hostPort(remote), limit)
}

// short says that connections have to wait (-v).
func (s *speaker) short(err error) {
	s.errorLine("cannot accept: %s; waiting until a connection ends", reason(err))
}

// ended says how one of many connections ended, if there is something to say.
func (s *speaker) ended(remote net.Addr, err error) {
	var by *signalError
	if err == nil || errors.As(err, &by) {
		return
	}
	text, hint := describe(err)
	s.errorLine("connection from %s: %s", hostPort(remote), text)
	if hint != "" {
		s.errorLine("hint: %s", hint)
	}
}

// onEnd returns what tells the totals of a session, or nil.
func (s *speaker) onEnd(begin time.Time) func(relay.Totals) {
	if s.level < 2 {
		return nil
	}
	return func(t relay.Totals) { s.totals(t, begin) }
}

// request says what was asked of the page (-v), and the whole head (-vvv).
func (s *speaker) request(r *relay.PageRequest) {
	if s.level < 3 {
		s.line("%s", r.AppendCommon(nil))
		return
	}
	rule := strings.Repeat("-", 24)
	s.line("%s\n%s\n%s%s", r.AppendCommon(nil), rule, r.AppendHead(nil), rule)
}

// nameAnd is a host and the address that it stands for.
func nameAnd(host string, ip netip.Addr) string {
	if host == ip.String() {
		return host
	}
	return host + " (" + ip.String() + ")"
}

// hostPort writes an address as OpenBSD does, the port after a space.
func hostPort(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host + " " + port
}

// totals says what went by (-vv).
func (s *speaker) totals(t relay.Totals, begin time.Time) {
	first := ""
	if !t.FirstByte.IsZero() {
		first = ", the first after " + span(t.FirstByte.Sub(begin))
	}
	s.errorLine("%d bytes sent, %d bytes received%s, in %s", t.Sent, t.Received, first, span(time.Since(begin)))
}

// span is a time to three digits.
func span(d time.Duration) string {
	switch {
	case d >= time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	case d >= time.Millisecond:
		return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64) + " ms"
	}
	return strconv.FormatInt(d.Microseconds(), 10) + " µs"
}
