package event

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"gonc/relay"
)

// A Line is a line of text about an event.
type Line struct {
	Text string
	Bare bool // it does not begin with the name of the program
}

// Bare returns a line that does not begin with the name of the program.
func Bare(format string, args ...any) Line { return Line{fmt.Sprintf(format, args...), true} }

// Named returns a line that begins with the name of the program.
func Named(format string, args ...any) Line { return Line{fmt.Sprintf(format, args...), false} }

// Reason returns the cause of an error in the words of the system, which begin
// with a capital as strerror(3) has them.
func Reason(err error) string {
	var errno syscall.Errno
	var lost *relay.UndeliveredError
	switch {
	case errors.As(err, &errno):
		text := errno.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	case errors.As(err, &lost):
		return Undelivered(lost)
	case TimedOut(err):
		return "Connection timed out"
	}
	return err.Error()
}

// Undelivered says how much was lost, on which side and why.
func Undelivered(e *relay.UndeliveredError) string {
	done, side := "delivered", "the other side"
	switch {
	case e.Local && e.Name != "": // a connection that is forwarded
		done, side = "delivered to the client", "it"
	case e.Name != "":
		done, side = "delivered to the "+e.Name, "it"
	case e.Local:
		done, side = "written to standard output", "its reader"
	}
	text := fmt.Sprintf("at least %d bytes could not be %s", e.Bytes, done)
	switch {
	case e.Err == nil:
		return text + ": " + side + " did not read them in time"
	case errors.Is(e.Err, relay.ErrIdle):
		return text + " in time"
	}
	return text + ": " + Reason(e.Err)
}

// TimedOut reports whether err is that a limit of ours ran out.
func TimedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// IsLocal reports whether err is about this machine or the command line, and
// not about the network. The types of errors say it themselves.
func IsLocal(err error) bool {
	var local interface{ Local() bool }
	return errors.As(err, &local) && local.Local() || errors.As(err, new(*os.PathError))
}

// LookupReason returns why a name could not be resolved, in the words of
// gai_strerror(3).
func LookupReason(e *net.DNSError) string {
	switch {
	case e.IsNotFound:
		return "Name or service not known"
	case e.IsTimeout, e.IsTemporary:
		return "Temporary failure in name resolution"
	}
	return strconv.Quote(e.Err)
}

// BindFailed reports whether the address or port to connect from is what could
// not be had.
func BindFailed(err error) bool {
	var call *os.SyscallError
	return errors.As(err, &call) && call.Syscall == "bind"
}

// HostPort writes an address as OpenBSD does, the port after a space. The name
// of a Unix socket stands alone, with what a terminal would obey escaped.
func HostPort(a net.Addr) string {
	if path, ok := a.(*net.UnixAddr); ok {
		return Printable(path.Name)
	}
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host + " " + port
}

// Unnamed reports whether a is of a Unix socket that has no name, as most
// clients' have none; for those of streams package net has "@".
func Unnamed(a net.Addr) bool {
	path, ok := a.(*net.UnixAddr)
	return ok && (path.Name == "" || path.Name == "@")
}

// HostAndAddr returns a host and the address that it stands for.
func HostAndAddr(host string, ip netip.Addr) string {
	if host == ip.String() {
		return host
	}
	return host + " (" + ip.String() + ")"
}

// Span returns a time to three digits.
func Span(d time.Duration) string {
	switch {
	case d >= time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	case d >= time.Millisecond:
		return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64) + " ms"
	}
	return strconv.FormatInt(d.Microseconds(), 10) + " µs"
}

// Printable escapes what a terminal would obey or could not show: a message
// repeats what was typed, and what a name server or a file said.
func Printable(text string) string {
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
