package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"gonc/conn"
	"gonc/relay"
)

// Every message of gonc is made in this file and goes to standard error. An
// error is one line that begins with the program's name, has no capital and
// no full stop, and may be followed by a hint that says what to try. The
// words are OpenBSD's where it has any; those about connections bear no name.

// A speaker says things. It may be used by several goroutines.
type speaker struct {
	dialect *dialect
	level   int // of -v

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
	s.line("%s: %s", s.dialect.program, printable(fmt.Sprintf(format, args...)))
}

// printable escapes what a terminal would obey or could not show: a message
// repeats what was typed, and what a name server or a file said.
func printable(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if piece := text[:size]; strconv.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			b.WriteString(piece)
		} else {
			escaped := strconv.Quote(piece)
			b.WriteString(escaped[1 : len(escaped)-1])
		}
		text = text[size:]
	}
	return b.String()
}

// fail says what err is, and what may help.
func (s *speaker) fail(err error) {
	var said errSaid
	if errors.As(err, &said) {
		return
	}
	text, hint := s.dialect.describe(err)
	if text != "" {
		s.errorLine("%s", text)
	}
	var usage *usageError
	if errors.As(err, &usage) && usage.shape && s.dialect.usage != "" {
		s.line("%s", strings.TrimSuffix(s.dialect.usage, "\n"))
	}
	if hint != "" && s.dialect.hints {
		s.errorLine("hint: %s", hint)
	}
}

// failed says that a connection could not be made, if the dialect does.
func (s *speaker) failed(err error) {
	var dial *conn.DialError
	var option *conn.OptionError
	var said errSaid
	switch {
	case errors.As(err, &said):
	case errors.As(err, &option), sourceFailed(err), !errors.As(err, &dial):
		s.fail(err)
	case s.level == 0 && s.dialect.quiet:
	case s.dialect.each:
		for _, t := range dial.Tried {
			s.attemptFailed(dial.Network, dial.Address, t)
		}
	default:
		s.fail(err)
	}
}

// quote makes s safe to be shown.
func quote(s string) string { return strconv.Quote(s) }

// attempts has d tell how it gets to a (-v).
func (s *speaker) attempts(d *conn.Dialer, network string, a conn.Address) {
	if s.level == 0 {
		return
	}
	if len(d.Proxies) > 0 {
		a = d.Proxies[0].Address
	}
	var failed []conn.Attempt
	d.OnTried = func(t conn.Attempt) {
		if t.Err != nil {
			failed = append(failed, t)
			return
		}
		for _, f := range failed {
			s.attemptFailed(network, a, f)
		}
		if len(d.Proxies) == 0 || s.level > 1 {
			s.connected(network, a, t.Addr, d.Numeric)
		}
		s.took("connect", t.Took)
	}
}

// reached says that there is a connection to a where the attempts could not
// say it: on a Unix socket, and beyond proxies (-v).
func (s *speaker) reached(d *conn.Dialer, network string, a conn.Address) {
	switch {
	case s.level == 0:
	case a.Path != "":
		if text := s.dialect.sentence("Connection to %s port [%s] succeeded!", printable(a.Path), network); text != "" {
			s.line("%s", text)
		}
	case len(d.Proxies) > 0:
		if port, err := conn.ParsePort(network, a.Port); err == nil {
			s.succeeded(network, a.Host, port, d.Numeric)
		}
	}
}

// connected says that an attempt came through (-v).
func (s *speaker) connected(network string, a conn.Address, to netip.AddrPort, numeric bool) {
	s.succeeded(network, nameAnd(a.Host, to.Addr()), to.Port(), numeric)
}

func (s *speaker) succeeded(network, host string, port uint16, numeric bool) {
	service := "*"
	if name := conn.ServiceName(network, port); name != "" && !numeric {
		service = name
	}
	s.line("Connection to %s %d port [%s/%s] succeeded!", host, port, network, service)
}

// attemptFailed says that one address of several did not (-v).
func (s *speaker) attemptFailed(network string, a conn.Address, t conn.Attempt) {
	host := nameAnd(a.Host, t.Addr.Addr())
	if timedOut(t.Err) {
		s.errorLine("%s", s.dialect.sentence("connect to %s port %d (%s) failed: Connection timed out", host, t.Addr.Port(), network))
		return
	}
	s.errorLine("connect to %s port %d (%s) failed: %s", host, t.Addr.Port(), network, reason(t.Err))
}

// took says how long a step took (-vv).
func (s *speaker) took(step string, d time.Duration) {
	if s.level > 1 {
		s.errorLine("%s took %s", step, span(d))
	}
}

// accepted says that somebody connected (-v). No name is looked up.
func (s *speaker) accepted(c net.Conn) {
	from := c.RemoteAddr()
	if c.LocalAddr().Network() == "unix" || unnamed(from) {
		from = c.LocalAddr() // as OpenBSD says it
	}
	s.line("Connection received on %s", hostPort(from))
}

// refused says that somebody was turned away (-v).
func (s *speaker) refused(remote net.Addr, limit int) {
	s.errorLine("%s closed: there are %d already (--max-conns)", connectionFrom(remote), limit)
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
	text, hint := s.dialect.describe(err)
	var op *net.OpError
	if errors.As(err, &op) && op.Addr != nil {
		s.errorLine("%s", text) // which names the peer
	} else {
		s.errorLine("%s: %s", connectionFrom(remote), text)
	}
	if hint != "" && s.dialect.hints {
		s.errorLine("hint: %s", hint)
	}
}

// onEnd returns what tells the totals of a session (-vv), or nil; of one of
// several it also says whose they are.
func (s *speaker) onEnd(several bool) func(net.Addr, relay.Totals) {
	if s.level < 2 {
		return nil
	}
	return func(remote net.Addr, t relay.Totals) {
		if several {
			s.errorLine("%s: %s", connectionFrom(remote), totals(t))
			return
		}
		s.errorLine("%s", totals(t))
	}
}

// connectionFrom is whose connection it is, if that can be said.
func connectionFrom(remote net.Addr) string {
	if unnamed(remote) {
		return "connection"
	}
	return "connection from " + hostPort(remote)
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

// hostPort writes an address as OpenBSD does, the port after a space. The name
// of a Unix socket is its own, whatever it looks like and whoever chose it.
func hostPort(a net.Addr) string {
	if path, ok := a.(*net.UnixAddr); ok {
		return printable(path.Name)
	}
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host + " " + port
}

// unnamed reports whether a is of a Unix socket that has no name, as most
// clients' have none; for those of streams package net has "@".
func unnamed(a net.Addr) bool {
	path, ok := a.(*net.UnixAddr)
	return ok && (path.Name == "" || path.Name == "@")
}

// totals is what went by, and how long it took from the moment that there was
// a connection.
func totals(t relay.Totals) string {
	first := ""
	if !t.FirstByte.IsZero() {
		first = ", the first after " + span(t.FirstByte.Sub(t.Began))
	}
	return fmt.Sprintf("%d bytes sent, %d bytes received%s, in %s", t.Sent, t.Received, first, span(time.Since(t.Began)))
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
