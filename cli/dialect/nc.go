package dialect

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/sockopt"
	"gonc/relay"
)

// nc is OpenBSD's, as Debian builds it (netcat-openbsd).
var nc = Dialect{
	Name:    "nc",
	Aliases: []string{"netcat", "nc.openbsd"},
	Grammar: option.Grammar{Letters: goncLetters[:len(goncLetters)-1], Lenient: true, StopAtHelp: true},

	ListenEOF:   relay.Finish,
	ConnectEOF:  relay.KeepSending,
	ZeroTimeout: true,
	FlushQuiet:  time.Second,
	DualStack:   true,
	RefusalEnds: Quietly,

	Help:         os.Stderr,
	Head:         ncHead,
	Usage:        ncUsage,
	Event:        ncEvent,
	Error:        ncError,
	HelpLine:     ncHelpLine,
	IgnoresError: ncIgnoresError,

	Network: 1,
	Other:   1,
}

const ncUsage = `usage: nc [-46CDdFhklNnrStUuvz] [-I length] [-i interval] [-M ttl]
	  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
	  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [destination] [port]
`

// ncSummary is in the form that scripts look into: autoconf tests and init
// scripts search the help for an option that not every nc has.
const ncSummary = `	Command Summary:
		-4		Use IPv4
		-6		Use IPv6
		-b		Allow broadcast
		-C		Send CRLF as line-ending
		-c command	Run a shell command for each connection
		-D		Enable the debug socket option
		-d		Detach from stdin
		-e program	Run a program for each connection
		-F		Pass socket fd
		-h		This help text
		-I length	TCP receive buffer length
		-i interval	Delay interval for lines sent, ports scanned
		-k		Keep inbound sockets open for multiple connects
		-l		Listen mode, for inbound connects
		-M ttl		Outgoing TTL / Hop Limit
		-m minttl	Minimum incoming TTL / Hop Limit
		-N		Shutdown the network socket after EOF on stdin
		-n		Suppress name/port resolutions
		-O length	TCP send buffer length
		-P proxyuser	Username for proxy authentication
		-p port		Specify local port for remote connects
		-q secs		quit after EOF on stdin and delay of secs
		-r		Randomize remote ports
		-S		Enable the TCP MD5 signature option
		-s sourceaddr	Local source address
		-T keyword	TOS value
		-t		Answer TELNET negotiation
		-U		Use UNIX domain socket
		-u		UDP mode
		-V rtable	Specify alternate routing table
		-v		Verbose
		-W recvlimit	Terminate after receiving a number of packets
		-w timeout	Timeout for connects and final net reads
		-X proto	Proxy protocol: "4", "5" (SOCKS) or "connect"
		-x addr[:port]	Specify proxy address and port
		-z		Zero-I/O mode [used for scanning]
	Port numbers can be individual or ranges: lo-hi [inclusive]

The options under all of their names:

`

func ncHead(version string) string {
	return "OpenBSD netcat (emulated by gonc " + version + ")\n" + ncUsage + ncSummary
}

// ncIgnoresError reports whether err is a reset after the answer, when nothing
// that was sent is known to be missing.
func ncIgnoresError(err error, t relay.Totals) bool {
	return errors.Is(err, syscall.ECONNRESET) && !errors.As(err, new(*relay.UndeliveredError)) && t.Received > 0
}

func ncHelpLine(id option.ID) (text string, ok bool) {
	switch id {
	case option.HalfClose:
		return "half-close after standard input", true
	case option.QuitAfter:
		return "end this long after standard input; 0: once silent", true
	}
	return "", false
}

func ncEvent(e event.Event, verbose int) (lines []event.Line, ok bool) {
	switch e := e.(type) {
	case event.Failed:
		return ncFailed(e.Err, verbose)
	case event.AttemptFailed:
		if !event.TimedOut(e.Attempt.Err) {
			return nil, false
		}
		host := event.HostAndAddr(e.To.Host, e.Attempt.Addr.Addr())
		return []event.Line{event.Named("connect to %s port %d (%s) timed out: Operation now in progress", host, e.Attempt.Addr.Port(), e.Network)}, true
	case event.Listening:
		return ncListening(e), true
	case event.Connecting, event.ConnectedUnix, event.Scanned:
		return nil, true
	case event.Closed:
		return nil, verbose < 2
	}
	return nil, false
}

// ncFailed prints a failed connect with -v only, and then each address that
// was tried.
func ncFailed(err error, verbose int) (lines []event.Line, ok bool) {
	var dial *conn.DialError
	if !errors.As(err, &dial) || errors.As(err, new(*sockopt.Error)) || event.BindFailed(err) {
		return nil, false
	}
	if verbose == 0 {
		return nil, true
	}
	for _, t := range dial.Tried {
		if line, ok := ncEvent(event.AttemptFailed{Network: dial.Network, To: dial.Address, Attempt: t}, verbose); ok {
			lines = append(lines, line...)
			continue
		}
		host := event.HostAndAddr(dial.Address.Host, t.Addr.Addr())
		lines = append(lines, event.Named("connect to %s port %d (%s) failed: %s", host, t.Addr.Port(), dial.Network, event.Reason(t.Err)))
	}
	return lines, true
}

func ncListening(e event.Listening) (lines []event.Line) {
	datagrams := strings.HasPrefix(e.Network, "udp") || e.Network == "unixgram"
	for _, a := range e.At {
		if datagrams || e.Network == "unix" {
			lines = append(lines, event.Bare("Bound on %s", event.HostPort(a)))
		}
		if !datagrams {
			lines = append(lines, event.Bare("Listening on %s", event.HostPort(a)))
		}
	}
	return lines
}

// ncError has the words of OpenBSD's nc for errors.
func ncError(err error) (text string, ok bool) {
	var (
		opt     *sockopt.Error
		dial    *conn.DialError
		unix    *conn.UnixError
		family  *conn.FamilyError
		numeric *conn.NumericError
		listen  *conn.ListenError
	)
	switch {
	case errors.As(err, &opt):
		return ncSocketOption(opt), true
	case errors.As(err, &dial):
		return "bind failed: " + event.Reason(dial.Tried[0].Err), event.BindFailed(err)
	case errors.As(err, &unix):
		return ncUnix(unix)
	// A *conn.ListenError may hold one of the next, which says more.
	case errors.As(err, new(*conn.ResolveError)), errors.As(err, new(*net.DNSError)):
		return "", false
	case errors.As(err, &family):
		return fmt.Sprintf(`getaddrinfo for host "%s" port %s: Address family for hostname not supported`, family.Host, family.Port), true
	case errors.As(err, &numeric):
		return fmt.Sprintf("getaddrinfo for host %q port %s: Name or service not known", numeric.Host, numeric.Port), true
	case errors.As(err, &listen):
		return event.Reason(listen.Err), true
	}
	return ncUsageError(err)
}

func ncSocketOption(e *sockopt.Error) string {
	if errors.Is(e.Err, errors.ErrUnsupported) {
		return fmt.Sprintf("no alternate %s support available", e.Option)
	}
	return fmt.Sprintf("set %s: %s", e.Option, event.Reason(e.Err))
}

func ncUnix(e *conn.UnixError) (text string, ok bool) {
	switch {
	case errors.Is(e.Err, conn.ErrNotSocket):
		return "", false
	case e.Op == "listen":
		return event.Reason(e.Err), true
	}
	return e.Path + ": " + event.Reason(e.Err), true
}

// ncUsageError has the words for errors about the command line.
func ncUsageError(err error) (text string, ok bool) {
	var (
		unknown  *option.UnknownError
		missing  *option.MissingArgumentError
		value    *option.ValueError
		conflict *option.ConflictError
		operand  *option.OperandError
	)
	switch {
	case errors.As(err, &unknown) && !strings.HasPrefix(unknown.Name, "--"):
		return "invalid option -- '" + strings.TrimPrefix(unknown.Name, "-") + "'", true
	case errors.As(err, &missing) && !strings.HasPrefix(missing.Name, "--"):
		return "option requires an argument -- '" + strings.TrimPrefix(missing.Name, "-") + "'", true
	case errors.As(err, &value):
		return ncValue(value)
	case errors.As(err, &conflict):
		return ncConflict(conflict)
	case errors.As(err, &operand):
		return ncOperand(operand)
	}
	return "", false
}

func ncConflict(e *option.ConflictError) (text string, ok bool) {
	switch {
	case e.Between(option.Listen, option.Scan):
		return "cannot use -z and -l", true
	case e.Between(option.KeepOpen, option.Listen):
		return "must use -l with -k", true
	case !e.A.IsProxy():
		return "", false
	case e.B == option.Listen:
		return "no proxy support for listen", true
	case e.B == option.UDP:
		return "no proxy support for UDP mode", true
	case e.B == option.Unix:
		return "no proxy support for unix sockets", true
	}
	return "", false
}

func ncOperand(e *option.OperandError) (text string, ok bool) {
	switch e.Problem {
	case option.NoHostAndPort, option.NoPath, option.TooMany:
		return "", true // the usage says it
	case option.NoListenPath:
		return "missing socket pathname", true
	case option.TooManyPaths:
		return "cannot use port with -U", true
	case option.EmptyOperand:
		if e.Other == "" {
			return "port number invalid: ", true
		}
		return fmt.Sprintf(`getaddrinfo for host "" port %s: Name or service not known`, e.Other), true
	}
	return "", false
}

func ncValue(e *option.ValueError) (text string, ok bool) {
	why := "invalid"
	switch e.Why {
	case option.TooSmall:
		why = "too small"
	case option.TooLarge:
		why = "too large"
	}
	switch e.ID {
	case option.Timeout:
		return "timeout " + why + ": " + e.Text, true
	case option.Interval:
		return "interval " + why + ": " + e.Text, true
	case option.QuitAfter:
		return "quit timer " + why + ": " + e.Text, true
	case option.RecvLimit:
		return "receive limit " + why + ": " + e.Text, true
	case option.RecvBuffer:
		return "TCP receive window " + why + ": " + e.Text, true
	case option.SendBuffer:
		return "TCP send window " + why + ": " + e.Text, true
	case option.TTL:
		return "ttl is " + why, true
	case option.MinTTL:
		return "minttl is " + why, true
	case option.TOS:
		return "illegal tos value " + e.Text, true
	case option.RTable:
		return "no alternate routing table support available", true
	case option.ProxyType:
		return "unsupported proxy protocol", true
	}
	return "", false
}
