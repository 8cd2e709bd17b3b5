package dialect

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn/access"
	"gonc/conn/addr"
)

// ncatRefusal has the words for errors about the command line that take more
// than one line.
func ncatRefusal(err error) (lines []event.Line, ok bool) {
	var pattern *access.PatternError
	var lookup *net.DNSError
	switch {
	case !errors.As(err, &pattern):
		return ncatGetopt(err)
	case errors.As(pattern.Err, &lookup):
		lines = ncatLine("Error resolving name %q: %s", pattern.Text, event.LookupReason(lookup))
	default:
		lines = ncatLine("%s", event.Printable(fmt.Sprintf("%q %s.", pattern.Text, pattern.Why)))
	}
	return append(lines, event.Named("error in host specification %q. QUITTING.", pattern.Text)), true
}

// ncatGetopt has the words of getopt_long(3), which stand on a line that begins
// with the name that ncat is run under, and what ncat says after them.
func ncatGetopt(err error) (lines []event.Line, ok bool) {
	var (
		unknown   *option.UnknownError
		missing   *option.MissingArgumentError
		unwanted  *option.UnwantedArgumentError
		ambiguous *option.AmbiguousError
		text      string
	)
	switch {
	case errors.As(err, &unknown) && strings.HasPrefix(unknown.Name, "--"):
		text = "unrecognized option '" + unknown.Name + "'"
	case errors.As(err, &unknown):
		text = "invalid option -- '" + unknown.Name[1:] + "'"
	case errors.As(err, &missing) && strings.HasPrefix(missing.Name, "--"):
		text = "option '" + ncatLongName(missing.ID, missing.Name) + "' requires an argument"
	case errors.As(err, &missing):
		text = "option requires an argument -- '" + missing.Name[1:] + "'"
	case errors.As(err, &unwanted):
		text = "option '" + ncatLongName(unwanted.ID, unwanted.Name) + "' doesn't allow an argument"
	case errors.As(err, &ambiguous):
		text = "option '" + ambiguous.Name + "' is ambiguous; possibilities: '" + strings.Join(ambiguous.Candidates, "' '") + "'"
	default:
		return nil, false
	}
	return []event.Line{
		event.Bare("ncat: %s", event.Printable(text)),
		event.Named("Try `--help' or man(1) ncat for more information, usage options and help. QUITTING."),
	}, true
}

// ncatLongName returns the whole of a long name that may have been shortened.
func ncatLongName(id option.ID, typed string) string {
	for _, n := range ncatNames {
		if n.ID == id && strings.HasPrefix("--"+n.Name, typed) {
			return "--" + n.Name
		}
	}
	return typed
}

// ncatUsageError has the words for the other errors about the command line.
func ncatUsageError(err error) (text string, ok bool) {
	var (
		value    *option.ValueError
		conflict *option.ConflictError
		operand  *option.OperandError
		path     *os.PathError
	)
	switch {
	case errors.As(err, &value):
		return ncatValue(value)
	case errors.As(err, &conflict):
		return ncatConflict(conflict)
	case errors.As(err, &operand):
		return ncatOperand(operand)
	case errors.As(err, &path) && path.Op == "open":
		return fmt.Sprintf("can't open %s: %s", path.Path, event.Reason(path.Err)), true
	}
	return "", false
}

func ncatConflict(e *option.ConflictError) (text string, ok bool) {
	switch {
	case e.Between(option.Scan, option.Listen):
		return "Services designed for LISTENING can't be used with -z", true
	case e.Between(option.Scan, option.Telnet):
		return "Invalid option combination: -z and -t", true
	case e.Reason == option.ScanCloses && (e.A == option.Exec || e.A == option.ShExec):
		return "Command execution can't be done along with option -z", true
	case e.Between(option.Exec, option.ShExec):
		return "Only one of --exec, --sh-exec, and --lua-exec is allowed", true
	case e.Between(option.Source, option.Listen):
		return "-l and -s are incompatible.  Specify the address and port to bind to like you would a host to connect to", true
	case e.Between(option.SourcePort, option.Unix):
		return "Specifying source port when using Unix domain sockets doesn't make sense", true
	case e.Between(option.MaxConns, option.Listen):
		return "Invalid option combination: `--max-conns' with connect", true
	case e.A == option.ProxyType && e.Reason == option.Needs:
		return "Proxy type (--proxy-type) specified without proxy address (--proxy)", true
	case e.Between(option.TLSKey, option.TLSCert):
		return "The --ssl-key and --ssl-cert options must be used together", true
	case e.A == option.Chat && e.B == option.Listen:
		return "Invalid option combination: `--chat' with connect", true
	case (e.A == option.Exec || e.A == option.ShExec) && (e.B == option.Broker || e.B == option.Chat):
		return "Invalid option combination: --broker and -e", true
	case e.Between(option.Proxy, option.Unix):
		return "Proxy option not supported when using Unix domain sockets", true
	case isAccess(e.A) && e.B == option.Listen:
		return "Invalid option combination: allow/deny with connect", true
	}
	return "Invalid option combination: " + e.NameA + " and " + e.NameB, e.Reason != option.Needs
}

// isAccess reports whether id says which hosts may connect.
func isAccess(id option.ID) bool {
	return id == option.Allow || id == option.AllowFile || id == option.Deny || id == option.DenyFile
}

func ncatValue(e *option.ValueError) (text string, ok bool) {
	kind := option.RowOf(e.ID).Kind
	var port *addr.PortError
	switch {
	case e.ID == option.Proxy && errors.As(e.Err, &port):
		return fmt.Sprintf("Invalid proxy port number %q", port.Text), true
	case e.Why == option.NeedsUnit:
		minutes, _ := strconv.ParseFloat(e.Text, 64)
		return fmt.Sprintf("Since April 2010, the default unit for %s is seconds, so your time of %q is %.1f minutes. Use \"%sms\" for %s milliseconds",
			ncatTimeName(e), e.Text, minutes/60, e.Text, e.Text), true
	case kind == option.Time || kind == option.SignedTime:
		return fmt.Sprintf("Invalid %s %q (must be greater than 0 and less than 2147483s)", ncatTimeName(e), e.Text), true
	case e.ID == option.SourcePort:
		return fmt.Sprintf("Invalid source port %s", e.Text), true
	case e.ID == option.ProxyDNS:
		return "Invalid proxy DNS type", true
	case e.ID == option.ProxyType:
		return fmt.Sprintf("Invalid proxy type %q", e.Text), true
	}
	return "", false
}

// ncatTimeName returns what ncat calls an option in an error about its time.
func ncatTimeName(e *option.ValueError) string {
	switch e.ID {
	case option.ConnectTimeout:
		return "-w timeout"
	case option.IdleTimeout:
		return "-i timeout"
	case option.Interval:
		return "-d delay"
	}
	return e.Name + " time"
}

func ncatOperand(e *option.OperandError) (text string, ok bool) {
	switch e.Problem {
	case option.NoHostAndPort, option.EmptyOperand:
		return "You must specify a host to connect to", true
	case option.NoPath:
		return "You have to specify path to a socket to connect to", true
	case option.NoListenPath:
		return "You have to specify path to a socket to listen on", true
	case option.TooMany:
		return "Got more than one port specification: " + e.Text, true
	case option.BadOperand:
		return fmt.Sprintf("Invalid port number %q", e.Text), true
	}
	return "", false
}
