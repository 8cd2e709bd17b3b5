package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// options is what the command line says, and nothing else: no default of a
// mode, no result. Only this package sees it.
type options struct {
	ipv4, ipv6 bool
	udp        bool
	listen     bool
	sourcePort string
	source     string
	keepOpen   bool
	maxConns   int // -1: not given
	noDNS      bool
	noStdin    bool
	sendOnly   bool
	recvOnly   bool
	halfClose  bool
	noShutdown bool
	quitAfter  timeOption
	timeout    timeOption
	connectT   timeOption
	idleT      timeOption
	acceptT    timeOption
	crlf       bool
	interval   timeOption
	recvLimit  int // 0: not given
	broadcast  bool
	http       bool
	page       string
	reply      string
	replySet   bool
	verbose    int
	help       bool
	version    bool

	operands []string
}

// A timeOption is a length of time that may not have been given.
type timeOption struct {
	set bool
	d   time.Duration
}

// A row is one option: its names, its line of help and where its value goes.
type row struct {
	long   string
	alias  string // a second long name; empty: none
	letter string // empty: none
	arg    string // what the argument is called; empty: the option takes none
	help   string
	value  func(o *options) pflag.Value
}

// table is every option, in the order of the help text.
var table = []row{
	{"ipv4", "", "4", "", "use IPv4 only", func(o *options) pflag.Value { return (*boolValue)(&o.ipv4) }},
	{"ipv6", "", "6", "", "use IPv6 only", func(o *options) pflag.Value { return (*boolValue)(&o.ipv6) }},
	{"udp", "", "u", "", "use UDP", func(o *options) pflag.Value { return (*boolValue)(&o.udp) }},
	{"listen", "", "l", "", "listen for a connection", func(o *options) pflag.Value { return (*boolValue)(&o.listen) }},
	{"source-port", "", "p", "port", "source port; with -l the port to listen on", func(o *options) pflag.Value { return textValue{&o.sourcePort, nil} }},
	{"source", "", "s", "addr", "source address; with -l the address to listen on", func(o *options) pflag.Value { return textValue{&o.source, nil} }},
	{"keep-open", "", "k", "", "with -l: serve many connections, all at once", func(o *options) pflag.Value { return (*boolValue)(&o.keepOpen) }},
	{"max-conns", "", "", "n", "with -k or --http: at most n at once (100, with --http 10000)", func(o *options) pflag.Value { return countOf{&o.maxConns, 1} }},
	{"nodns", "", "n", "", "numeric addresses only", func(o *options) pflag.Value { return (*boolValue)(&o.noDNS) }},
	{"no-stdin", "", "d", "", "do not read standard input", func(o *options) pflag.Value { return (*boolValue)(&o.noStdin) }},
	{"send-only", "", "", "", "only send; what comes is dropped", func(o *options) pflag.Value { return (*boolValue)(&o.sendOnly) }},
	{"recv-only", "", "", "", "only receive", func(o *options) pflag.Value { return (*boolValue)(&o.recvOnly) }},
	{"half-close", "", "N", "", "half-close at the end of standard input (the default)", func(o *options) pflag.Value { return (*boolValue)(&o.halfClose) }},
	{"no-shutdown", "", "", "", "never half-close", func(o *options) pflag.Value { return (*boolValue)(&o.noShutdown) }},
	{"quit-after", "", "q", "time", "end this long after standard input has; 0: once all is sent", func(o *options) pflag.Value { return &signedTime{&o.quitAfter} }},
	{"timeout", "", "w", "time", "limit on connecting and on idleness", func(o *options) pflag.Value { return &o.timeout }},
	{"connect-timeout", "wait", "", "time", "limit on connecting", func(o *options) pflag.Value { return &o.connectT }},
	{"idle-timeout", "", "", "time", "limit on idleness of a connection; status 1", func(o *options) pflag.Value { return &o.idleT }},
	{"accept-timeout", "", "", "time", "limit on waiting for the first connection; status 1", func(o *options) pflag.Value { return &o.acceptT }},
	{"crlf", "", "C", "", "send LF as CRLF", func(o *options) pflag.Value { return (*boolValue)(&o.crlf) }},
	{"interval", "", "i", "time", "pause between lines sent", func(o *options) pflag.Value { return &o.interval }},
	{"recv-limit", "", "W", "n", "end after n reads or datagrams received", func(o *options) pflag.Value { return countOf{&o.recvLimit, 1} }},
	{"broadcast", "", "b", "", "allow broadcast", func(o *options) pflag.Value { return (*boolValue)(&o.broadcast) }},
	{"http", "", "", "", "with -l: answer with a test page", func(o *options) pflag.Value { return (*boolValue)(&o.http) }},
	{"page", "", "", "file", "with --http: this file instead; - is standard input", func(o *options) pflag.Value { return textValue{&o.page, nil} }},
	{"reply", "", "", "text", "with -l: answer each connection with text", func(o *options) pflag.Value { return textValue{&o.reply, &o.replySet} }},
	{"verbose", "", "v", "", "say more; twice: times and totals; thrice: whole requests", func(o *options) pflag.Value { return (*levelValue)(&o.verbose) }},
	{"help", "", "h", "", "print this help", func(o *options) pflag.Value { return (*boolValue)(&o.help) }},
	{"version", "", "", "", "print the version", func(o *options) pflag.Value { return (*boolValue)(&o.version) }},
}

const helpHead = `usage: gonc [options] host port            connect
       gonc [options] -l [host] port       listen
       gonc -l --http [host] port          serve a test page

`

const helpTail = `
Times are seconds, or have a unit: 500ms, 1.5, 2m, 1h.
`

// helpText is made of the table, so that it cannot miss an option.
func helpText() string {
	var b strings.Builder
	b.WriteString(helpHead)
	for _, r := range table {
		names := "    "
		if r.letter != "" {
			names = "-" + r.letter + ", "
		}
		names += "--" + r.long
		if r.alias != "" {
			names += ", --" + r.alias
		}
		if r.arg != "" {
			names += " " + r.arg
		}
		fmt.Fprintf(&b, "  %-31s %s\n", names, r.help)
	}
	b.WriteString(helpTail)
	return b.String()
}

// A usageError is a command line that cannot be carried out.
type usageError struct {
	text string
	hint string // empty: none
}

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...)}
}

// parseOptions reads a command line without the program's name. Errors are
// *usageError.
func parseOptions(args []string) (*options, error) {
	o := &options{maxConns: -1}
	fs := pflag.NewFlagSet("gonc", pflag.ContinueOnError)
	fs.SortFlags = false
	fs.Usage = func() {}
	for _, r := range table {
		add(fs, r.long, r.letter, r, o)
		if r.alias != "" {
			add(fs, r.alias, "", r, o)
		}
	}
	if err := fs.Parse(args); err != nil {
		return nil, explain(err)
	}
	o.operands = fs.Args()
	if o.help || o.version {
		return o, nil
	}
	return o, o.conflict()
}

func add(fs *pflag.FlagSet, long, letter string, r row, o *options) {
	f := fs.VarPF(r.value(o), long, letter, r.help)
	if r.arg == "" {
		f.NoOptDefVal = "true"
	}
}

// explain makes a sentence of what pflag found wrong.
func explain(err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			name = "-" + unknown.GetSpecifiedName()[:1]
		}
		hint := elsewhere[name]
		if hint == "" {
			hint = "gonc -h lists the options"
		}
		return &usageError{"unknown option " + quote(name), hint}
	case errors.As(err, &missing):
		name := "--" + missing.GetSpecifiedName()
		if missing.GetSpecifiedShortnames() != "" {
			name = "-" + missing.GetSpecifiedName()
		}
		return usagef("option %s needs an argument", name)
	case errors.As(err, &invalid):
		name := "--" + invalid.GetFlag().Name
		if invalid.GetFlag().Shorthand != "" {
			name = "-" + invalid.GetFlag().Shorthand + " (" + name + ")"
		}
		if invalid.GetFlag().NoOptDefVal != "" {
			return usagef("option %s takes no argument", name)
		}
		return usagef("option %s: %v", name, errors.Unwrap(invalid))
	}
	return &usageError{text: err.Error()}
}

type boolValue bool

func (v *boolValue) String() string   { return strconv.FormatBool(bool(*v)) }
func (v *boolValue) Type() string     { return "bool" }
func (v *boolValue) IsBoolFlag() bool { return true }
func (v *boolValue) Set(s string) error {
	if s != "true" {
		return errors.New("takes no argument")
	}
	*v = true
	return nil
}

type levelValue int

func (v *levelValue) String() string { return strconv.Itoa(int(*v)) }
func (v *levelValue) Type() string   { return "count" }
func (v *levelValue) Set(s string) error {
	if s != "true" {
		return errors.New("takes no argument")
	}
	*v++
	return nil
}

// A textValue also notes that it was set, if there is a place for that.
type textValue struct {
	to  *string
	set *bool
}

func (v textValue) String() string { return "" }
func (v textValue) Type() string   { return "string" }
func (v textValue) Set(s string) error {
	*v.to = s
	if v.set != nil {
		*v.set = true
	}
	return nil
}

type countOf struct {
	to  *int
	min int
}

func (v countOf) String() string { return "" }
func (v countOf) Type() string   { return "int" }
func (v countOf) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < int64(v.min) {
		return fmt.Errorf("%s is not a number from %d up", quote(s), v.min)
	}
	*v.to = int(n)
	return nil
}

func (v *timeOption) String() string { return "" }
func (v *timeOption) Type() string   { return "time" }
func (v *timeOption) Set(s string) error {
	d, err := parseTime(s)
	if err == nil && d < 0 {
		err = fmt.Errorf("%s is negative", quote(s))
	}
	v.set, v.d = true, d
	return err
}

// signedTime is a timeOption that may be negative.
type signedTime struct{ *timeOption }

func (v *signedTime) Set(s string) (err error) {
	v.set = true
	v.d, err = parseTime(s)
	return err
}

// parseTime reads a time: seconds, with a fraction or not, or a number with
// the unit ms, s, m or h.
func parseTime(s string) (time.Duration, error) {
	number, unit := s, time.Second
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}} {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			number, unit = n, u.unit
			break
		}
	}
	bad := fmt.Errorf("%s is not a time (seconds, or 500ms, 1.5, 2m, 1h)", quote(s))
	if number == "" || strings.Trim(number, "+-.0123456789") != "" {
		return 0, bad
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, bad
	}
	if n *= float64(unit); n > float64(maxTime) || n < -float64(maxTime) {
		return 0, fmt.Errorf("%s is too long a time", quote(s))
	}
	return time.Duration(n), nil
}

// maxTime keeps sums of times and clocks from overflowing.
const maxTime = 100 * 365 * 24 * time.Hour
