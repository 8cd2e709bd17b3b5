package message

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"

	"gonc/cli/dialect"
	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn/access"
	"gonc/conn/addr"
)

// isUsage reports whether err is about the command line.
func isUsage(err error) bool {
	return errors.As(err, new(*option.UnknownError)) || errors.As(err, new(*option.UnsupportedError)) ||
		errors.As(err, new(*option.MissingArgumentError)) || errors.As(err, new(*option.UnwantedArgumentError)) ||
		errors.As(err, new(*option.AmbiguousError)) || errors.As(err, new(*option.MisplacedError)) ||
		errors.As(err, new(*option.ValueError)) || errors.As(err, new(*option.ConflictError)) ||
		errors.As(err, new(*option.OperandError)) || errors.As(err, new(*dialect.UnknownError))
}

// isShape reports whether the command line is wrong as a whole, so that a
// reminder of the right shape helps.
func isShape(err error) bool {
	var operand *option.OperandError
	var missing *option.MissingArgumentError
	switch {
	case errors.As(err, new(*option.UnknownError)):
		return true
	case errors.As(err, &missing):
		return !strings.HasPrefix(missing.Name, "--")
	case errors.As(err, &operand):
		return operand.Problem == option.NoHostAndPort || operand.Problem == option.NoPath || operand.Problem == option.TooMany
	}
	return false
}

// describeUsage puts an error about the command line into words.
func (t *Text) describeUsage(err error) (text, hint string) {
	var (
		unknown     *option.UnknownError
		unsupported *option.UnsupportedError
		missing     *option.MissingArgumentError
		unwanted    *option.UnwantedArgumentError
		ambiguous   *option.AmbiguousError
		misplaced   *option.MisplacedError
		value       *option.ValueError
		conflict    *option.ConflictError
		operand     *option.OperandError
		bad         *dialect.UnknownError
	)
	switch {
	case errors.As(err, &unknown):
		return fmt.Sprintf(`unknown option "%s"`, unknown.Name), t.unknownHint(unknown)
	case errors.As(err, &unsupported):
		return fmt.Sprintf("option %s is not supported", unsupported.Name), t.foreignHint(unsupported.Foreign)
	case errors.As(err, &missing):
		return fmt.Sprintf("option %s needs an argument", missing.Name), t.argumentHint(missing)
	case errors.As(err, &unwanted):
		return fmt.Sprintf("option %s takes no argument", unwanted.Name), unwantedHint(unwanted)
	case errors.As(err, &ambiguous):
		return fmt.Sprintf("option %s is ambiguous: %s", ambiguous.Name, strings.Join(ambiguous.Candidates, ", ")), ""
	case errors.As(err, &misplaced):
		return fmt.Sprintf("option %s has to be the first argument", misplaced.Name), ""
	case errors.As(err, &value):
		return t.describeValue(value)
	case errors.As(err, &conflict):
		return t.describeConflict(conflict)
	case errors.As(err, &operand):
		return t.describeOperand(operand)
	case errors.As(err, &bad):
		return fmt.Sprintf("unknown dialect %q", bad.Name), "known dialects: " + strings.Join(dialect.Names(), ", ")
	}
	return err.Error(), ""
}

// argumentHint shows what an option's argument is called.
func (t *Text) argumentHint(e *option.MissingArgumentError) string {
	hint := "write " + e.Name + " " + option.RowOf(e.ID).Arg
	if e.ID == option.RTable { // -V is the version of many other programs
		hint += "; " + t.spell(option.Version) + " prints the version"
	}
	return hint
}

// unwantedHint says how to write an option that was given an argument.
func unwantedHint(e *option.UnwantedArgumentError) string {
	if e.ID == option.HTTP { // its "argument" is the port to listen on
		return "write " + e.Name + " " + e.Text
	}
	return "leave out the = and what is behind it"
}

// unknownHint says what was perhaps meant.
func (t *Text) unknownHint(e *option.UnknownError) string {
	if e.Near != "" {
		return "perhaps " + e.Near + " was meant"
	}
	return t.foreignHint(e.Foreign)
}

// foreignHint says how to have the effect of an option of another netcat.
func (t *Text) foreignHint(f option.Foreign) string {
	switch f {
	case option.KeepServing:
		return "gonc -l -k serves many connections, all at once"
	case option.NoSourceRoutes:
		return "source routes are refused by today's networks"
	case option.NoSourcePointer:
		return "source routes are refused by today's networks; to limit connecting write --connect-timeout"
	case option.NoDCCP:
		return "gonc has no DCCP"
	case option.NoSCTP:
		return "gonc has no SCTP"
	case option.NoVSock:
		return "gonc has no vsock"
	case option.OneEngine:
		return "gonc has one engine"
	case option.NoLua:
		return "gonc has no Lua"
	}
	return t.spell(option.Help) + " lists the options"
}

func (t *Text) describeValue(e *option.ValueError) (text, hint string) {
	var port *addr.PortError
	switch {
	case errors.As(e.Err, &port) && e.ID == option.To: // beside the port to listen on
		return fmt.Sprintf("option %s: %s", e.Name, port), portHint(port)
	case errors.As(e.Err, &port):
		return port.Error(), portHint(port)
	case e.Why == option.Empty:
		return fmt.Sprintf("option %s: the value is empty", e.Name), "perhaps a variable that is not set"
	}
	var bad *addr.Error
	var pattern *access.PatternError
	why := ""
	switch {
	case errors.As(e.Err, &pattern):
		why, hint = badPattern(e.ID, pattern)
	case errors.As(e.Err, &bad):
		why, hint = badValue(e), bad.Hint
	default:
		why = badValue(e)
	}
	return fmt.Sprintf("option %s: %s", e.Name, why), hint
}

// badPattern says what is wrong with a host of a list.
func badPattern(id option.ID, e *access.PatternError) (why, hint string) {
	var lookup *net.DNSError
	if errors.As(e.Err, &lookup) {
		named := *e
		named.Err = nil
		return named.Error() + ": " + event.LookupReason(lookup), resolverHint(lookup)
	}
	between := "commas"
	if e.File != "" {
		between = "blanks or newlines"
	}
	hint = "a list has addresses, networks (10.0.0.0/8), ranges (10.0-5.*.1-9) and names, with " + between + " between them"
	if id == option.AllowTo || id == option.DenyTo {
		hint += ", each with or without a port (10.0.0.0/8:443, :80)"
	}
	return e.Error(), hint
}

// badValue says what is wrong with a value.
func badValue(e *option.ValueError) string {
	row, text := option.RowOf(e.ID), strconv.Quote(e.Text)
	switch {
	case e.Why == option.NotAChoice && e.ID == option.ProxyType:
		return text + " is not one of socks4, socks4a, socks5, http"
	case e.Why == option.NotAChoice && e.ID == option.Help:
		return text + " is not one of " + strings.Join(Topics(), ", ")
	case e.Why == option.NotAChoice:
		return text + " is not one of " + strings.Join(row.Choices(), ", ")
	case row.Kind == option.Rate && e.Err != nil:
		return text + " is " + e.Err.Error()
	case e.Err != nil:
		return e.Err.Error()
	case row.Kind == option.Number && e.Why == option.TooLarge:
		return fmt.Sprintf("%s is more than %d", text, e.Max)
	case row.Kind == option.Number && e.Max < math.MaxInt32:
		return fmt.Sprintf("%s is not a number from %d to %d", text, e.Min, e.Max)
	case row.Kind == option.Number:
		return fmt.Sprintf("%s is not a number from %d up", text, e.Min)
	case e.Why == option.NeedsUnit:
		return fmt.Sprintf("%s needs a unit (%ss, %sms, %sm, %sh)", text, e.Text, e.Text, e.Text, e.Text)
	case e.Why == option.NotPositive:
		return text + " is not positive"
	case e.Why == option.TooLarge:
		return text + " is too long a time"
	case e.Why == option.TooSmall:
		return text + " is negative"
	case row.Kind == option.Time || row.Kind == option.SignedTime:
		return text + " is not a time (seconds, or 500ms, 1.5, 2m, 1h)"
	}
	switch e.ID {
	case option.KeepAlive:
		return text + " is not time[,time[,n]]: an idle time, an interval and a count"
	case option.TLSALPN:
		return text + " has a protocol that is empty or longer than 255 bytes"
	}
	return text + " is not valid"
}

func (t *Text) describeConflict(e *option.ConflictError) (text, hint string) {
	switch e.Reason {
	case option.Needs:
		return fmt.Sprintf("%s needs %s", e.NameA, e.NameB), "add " + e.NameB
	case option.NoEffect:
		return fmt.Sprintf("%s has no effect with %s", e.NameA, e.NameB), ""
	case option.MinAboveMax:
		return fmt.Sprintf("%s is above %s", e.NameA, e.NameB), ""
	}
	text = fmt.Sprintf("%s and %s cannot be used together", e.NameA, e.NameB)
	if why := whyConflict(e); why != "" {
		text += ": " + why
	}
	if e.Between(option.IPv4, option.IPv6) {
		hint = "without them both families are used"
	}
	if e.Between(option.ConnectTimeout, option.Listen) {
		hint = t.spell(option.AcceptTimeout) + " limits the wait for a client"
	}
	return text, hint
}

// whyConflict says why two options do not go together.
func whyConflict(e *option.ConflictError) string {
	switch e.Reason {
	case option.OneHandler:
		return "each says what is done with a connection"
	case option.OwnLimits:
		return e.NameB + " has time limits of its own"
	case option.NothingToSend:
		return "nothing is sent"
	case option.NothingReceived:
		return "nothing is received"
	case option.ScanCloses:
		return "a scan closes what it opens"
	case option.ForConnecting:
		return e.NameA + " is for connecting"
	case option.ListensForNone:
		return e.NameA + " is for a connection that was made"
	case option.TCPOnly:
		return e.NameA + " is about TCP"
	case option.StreamsOnly:
		return e.NameA + " is for streams"
	case option.BothOnStderr:
		return "both would write to standard error"
	case option.NoIPAddress:
		return "a Unix socket has no IP address"
	case option.NoPorts:
		return "a Unix socket has no port"
	case option.NoBroadcasts:
		return "a Unix socket has no broadcast"
	case option.NoDTLS:
		return "TLS over datagrams (DTLS) is not supported"
	case option.ProxyCarriesTCP:
		return "a proxy carries TCP only"
	case option.TLSStaysHere:
		return "the TLS session stays in this process"
	}
	return ""
}

func (t *Text) describeOperand(e *option.OperandError) (text, hint string) {
	listen := t.spell(option.Listen)
	switch e.Problem {
	case option.NoHostAndPort:
		return "missing host and port", t.spell(option.Help) + " shows the usage"
	case option.NoPort:
		return "missing port number", t.loneHint(e.Text)
	case option.NoListenPort:
		return "missing port number", "write " + listen + " 9999; with port 0 the system chooses one"
	case option.NoHost:
		return "missing host before the colon", "write localhost:" + e.Other
	case option.NoPath:
		return "missing path of the Unix socket", "write " + t.spell(option.Unix) + " path"
	case option.NoListenPath:
		return "missing path of the Unix socket to listen on", "write " + listen + " " + t.spell(option.Unix) + " path"
	case option.TooMany:
		return "unexpected operand " + strconv.Quote(e.Text), "one address and one port are enough"
	case option.TooManyPaths:
		return "unexpected operand " + strconv.Quote(e.Text), "one path is enough"
	case option.PortTwice:
		return fmt.Sprintf("the port is given twice: in %q, and as %q", e.Other, e.Text), ""
	case option.ListenPortTwice:
		return fmt.Sprintf("the port is given twice: %s %s and %s", t.spell(option.SourcePort), e.Other, e.Text), ""
	case option.AddressTwice:
		return fmt.Sprintf("the address to listen on is given twice: %s %s and %s", t.spell(option.Source), e.Other, e.Text), ""
	case option.EmptyOperand:
		return "an operand is empty", "perhaps a variable that is not set"
	}
	return badOperand(e.Err)
}

// loneHint says what may be missing beside one operand.
func (t *Text) loneHint(operand string) string {
	if _, err := strconv.ParseUint(operand, 10, 16); err == nil {
		return "write a host before " + operand + ", or " + t.spell(option.Listen) + " " + operand + " to listen"
	}
	return "write " + operand + " port"
}

// badOperand describes an operand that package addr or proxy refused.
func badOperand(err error) (text, hint string) {
	var bad *addr.Error
	var port *addr.PortError
	switch {
	case errors.As(err, &bad):
		return bad.Error(), bad.Hint
	case errors.As(err, &port):
		return port.Error(), portHint(port)
	}
	return err.Error(), ""
}

func portHint(e *addr.PortError) string {
	lo, hi, isRange := strings.Cut(e.Text, "-")
	switch {
	case e.Why == "too large":
		return "ports end at 65535"
	case strings.Contains(e.Text, ","):
		return "write ports with spaces between them, 22 80, or as a range, 22-80"
	case isRange && strings.Trim(lo+hi, "0123456789") == "" && lo != "" && hi != "":
		return "a range of ports is for connecting; give one port here"
	}
	return "a port is a number from 1 to 65535, or the name of a service"
}
