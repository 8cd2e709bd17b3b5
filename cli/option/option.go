package main

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// options is what the command line says, and nothing else: no default of a
// mode, no result. Only this package sees it.
type options struct {
	ipv4, ipv6  bool
	udp         bool
	unix        bool
	listen      bool
	sourcePort  string
	source      string
	keepOpen    bool
	maxConns    int // -1: not given
	noDNS       bool
	noStdin     bool
	sendOnly    bool
	recvOnly    bool
	halfClose   bool
	noShutdown  bool
	quitAfter   timeOption
	timeout     timeOption
	connectT    timeOption
	idleT       timeOption
	acceptT     timeOption
	crlf        bool
	interval    timeOption
	recvLimit   int // 0: not given
	telnet      bool
	scan        bool
	json        bool
	random      bool
	broadcast   bool
	passFd      bool
	proxies     []proxyOption
	proxyType   string
	proxyTyped  bool // --proxy-type was given
	proxyUser   string
	proxyAuth   string
	proxyDNS    string
	ttl         int // -1: not given, as with all numbers below
	minTTL      int
	recvBuffer  int
	sendBuffer  int
	tos         int
	tcpMD5      bool
	debug       bool
	rtable      int
	congestion  string
	http        bool
	page        string
	reply       string
	replySet    bool
	verbose     int
	dialectName string
	help        bool
	version     bool

	operands []string
	dialect  *dialect
}

// A proxyOption is a proxy as -x or --proxy named it.
type proxyOption struct {
	text     string
	fallback string // the type of what says none
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
	{"udp", "", "u", "", "use UDP; with -U Unix datagrams", func(o *options) pflag.Value { return (*boolValue)(&o.udp) }},
	{"unixsock", "", "U", "", "use a Unix socket", func(o *options) pflag.Value { return (*boolValue)(&o.unix) }},
	{"listen", "", "l", "", "listen for a connection", func(o *options) pflag.Value { return (*boolValue)(&o.listen) }},
	{"source-port", "", "p", "port", "source port; with -l the port to listen on", func(o *options) pflag.Value { return textValue{&o.sourcePort, nil} }},
	{"source", "", "s", "addr", "source address; with -l where to listen", func(o *options) pflag.Value { return textValue{&o.source, nil} }},
	{"keep-open", "", "k", "", "with -l: serve many connections, all at once", func(o *options) pflag.Value { return (*boolValue)(&o.keepOpen) }},
	{"max-conns", "", "", "n", "at most n at once (-k: 100, --http: 10000)", func(o *options) pflag.Value { return numberValue{&o.maxConns, 1, math.MaxInt32} }},
	{"nodns", "", "n", "", "numeric addresses only", func(o *options) pflag.Value { return (*boolValue)(&o.noDNS) }},
	{"no-stdin", "", "d", "", "do not read standard input", func(o *options) pflag.Value { return (*boolValue)(&o.noStdin) }},
	{"send-only", "", "", "", "only send; what comes is dropped", func(o *options) pflag.Value { return (*boolValue)(&o.sendOnly) }},
	{"recv-only", "", "", "", "only receive", func(o *options) pflag.Value { return (*boolValue)(&o.recvOnly) }},
	{"half-close", "", "N", "", "half-close after standard input (the default)", func(o *options) pflag.Value { return (*boolValue)(&o.halfClose) }},
	{"no-shutdown", "", "", "", "never half-close", func(o *options) pflag.Value { return (*boolValue)(&o.noShutdown) }},
	{"quit-after", "", "q", "time", "end this long after standard input; 0: once sent", func(o *options) pflag.Value { return &signedTime{&o.quitAfter} }},
	{"timeout", "", "w", "time", "limit on connecting and on idleness", func(o *options) pflag.Value { return &o.timeout }},
	{"connect-timeout", "wait", "", "time", "limit on connecting", func(o *options) pflag.Value { return &o.connectT }},
	{"idle-timeout", "", "", "time", "limit on idleness of a connection; status 1", func(o *options) pflag.Value { return &o.idleT }},
	{"accept-timeout", "", "", "time", "limit on waiting for a connection; status 1", func(o *options) pflag.Value { return &o.acceptT }},
	{"crlf", "", "C", "", "send LF as CRLF", func(o *options) pflag.Value { return (*boolValue)(&o.crlf) }},
	{"interval", "", "i", "time", "pause between lines sent, between ports scanned", func(o *options) pflag.Value { return &o.interval }},
	{"recv-limit", "", "W", "n", "end after n reads or datagrams received", func(o *options) pflag.Value { return numberValue{&o.recvLimit, 1, math.MaxInt32} }},
	{"telnet", "", "t", "", "refuse telnet negotiation; keep it off the output", func(o *options) pflag.Value { return (*boolValue)(&o.telnet) }},
	{"zero", "scan", "z", "", "scan: connect and close", func(o *options) pflag.Value { return (*boolValue)(&o.scan) }},
	{"json", "", "", "", "with -z: one JSON object a port on standard output", func(o *options) pflag.Value { return (*boolValue)(&o.json) }},
	{"random-ports", "", "r", "", "ports in any order", func(o *options) pflag.Value { return (*boolValue)(&o.random) }},
	{"broadcast", "", "b", "", "allow broadcast", func(o *options) pflag.Value { return (*boolValue)(&o.broadcast) }},
	{"pass-fd", "", "F", "", "pass the descriptor over standard output and end", func(o *options) pflag.Value { return (*boolValue)(&o.passFd) }},
	{"x", "", "x", "addr", "proxy, SOCKS 5 unless -X or a URL says otherwise", func(o *options) pflag.Value { return proxyValue{o, "socks5"} }},
	{"proxy", "", "", "addr", "proxy, HTTP unless told otherwise; again: a chain", func(o *options) pflag.Value { return proxyValue{o, "http"} }},
	{"proxy-type", "", "X", "type", "4, 4a, 5 or connect: socks4, socks4a, socks5, http", func(o *options) pflag.Value { return textValue{&o.proxyType, &o.proxyTyped} }},
	{"proxy-user", "", "P", "user", "its user; password: GONC_PROXY_PASSWORD, terminal", func(o *options) pflag.Value { return textValue{&o.proxyUser, nil} }},
	{"proxy-auth", "", "", "user:pass", "its login; also GONC_PROXY_AUTH, NCAT_PROXY_AUTH", func(o *options) pflag.Value { return textValue{&o.proxyAuth, nil} }},
	{"proxy-dns", "", "", "who", "who resolves: local, remote (default), both, none", func(o *options) pflag.Value { return textValue{&o.proxyDNS, nil} }},
	{"ttl", "", "M", "n", "time to live of what is sent", func(o *options) pflag.Value { return numberValue{&o.ttl, 0, 255} }},
	{"min-ttl", "", "m", "n", "least time to live of what is accepted", func(o *options) pflag.Value { return numberValue{&o.minTTL, 0, 255} }},
	{"recv-buffer", "", "I", "bytes", "size of the receive buffer", func(o *options) pflag.Value { return numberValue{&o.recvBuffer, 1, 1 << 30} }},
	{"send-buffer", "", "O", "bytes", "size of the send buffer", func(o *options) pflag.Value { return numberValue{&o.sendBuffer, 1, 1 << 30} }},
	{"tos", "", "T", "keyword", "type of service: a keyword or a number up to 255", func(o *options) pflag.Value { return tosValue{&o.tos} }},
	{"tcp-md5", "", "S", "", "sign TCP segments; key: GONC_TCP_MD5, terminal", func(o *options) pflag.Value { return (*boolValue)(&o.tcpMD5) }},
	{"so-debug", "", "D", "", "SO_DEBUG", func(o *options) pflag.Value { return (*boolValue)(&o.debug) }},
	{"rtable", "", "V", "n", "routing table, where the system has several", func(o *options) pflag.Value { return numberValue{&o.rtable, 0, math.MaxInt32} }},
	{"congestion", "", "", "name", "TCP congestion control of this connection", func(o *options) pflag.Value { return textValue{&o.congestion, nil} }},
	{"http", "", "", "", "with -l: answer with a test page", func(o *options) pflag.Value { return (*boolValue)(&o.http) }},
	{"page", "", "", "file", "with --http: this file; - is standard input", func(o *options) pflag.Value { return textValue{&o.page, nil} }},
	{"reply", "", "", "text", "with -l: answer each connection with text", func(o *options) pflag.Value { return textValue{&o.reply, &o.replySet} }},
	{"verbose", "", "v", "", "say more; twice: times, totals; thrice: requests", func(o *options) pflag.Value { return (*levelValue)(&o.verbose) }},
	{"dialect", "", "", "name", "gonc, or nc as OpenBSD's is; also GONC_DIALECT", func(o *options) pflag.Value { return textValue{&o.dialectName, nil} }},
	{"help", "", "h", "", "print this help", func(o *options) pflag.Value { return (*boolValue)(&o.help) }},
	{"version", "", "", "", "print the version", func(o *options) pflag.Value { return (*boolValue)(&o.version) }},
}

const helpHead = `usage: gonc [options] host port            connect
       gonc [options] -l [host] port       listen
       gonc -U [options] [-l] path         the same over a Unix socket
       gonc -z [options] host port...      scan: ports, names, lo-hi ranges
       gonc -l --http [host] port          serve a test page

`

const helpTail = `
Times are seconds, or have a unit: 500ms, 1.5, 2m, 1h.
`

// helpText is made of the table, so that it cannot miss an option.
func helpText(d *dialect) string {
	var b strings.Builder
	b.WriteString(d.head())
	for _, r := range table {
		names := r.title()
		if len(names) > helpColumn {
			names += fmt.Sprintf("\n  %*s", helpColumn, "")
		}
		fmt.Fprintf(&b, "  %-*s %s\n", helpColumn, names, d.sentence(r.help))
	}
	b.WriteString(helpTail)
	return b.String()
}

// helpColumn is how wide the names are in the help, so that a line fits a
// terminal of 80 columns.
const helpColumn = 27

// title is all that an option is called, and its argument.
func (r row) title() string {
	names := "    "
	if r.letter != "" {
		names = "-" + r.letter + ", "
	}
	if r.long == r.letter {
		names = "-" + r.letter // it has no long name of its own
	} else {
		names += "--" + r.long
	}
	if r.alias != "" {
		names += ", --" + r.alias
	}
	if r.arg != "" {
		names += " " + r.arg
	}
	return names
}

// A usageError is a command line that cannot be carried out.
type usageError struct {
	text  string // with args a format of fmt
	args  []any
	hint  string // empty: none
	shape bool   // it is wrong as a whole, so that a reminder of the right shape helps
}

func (e *usageError) Error() string { return dialects[0].sentence(e.text, e.args...) }

func usagef(format string, args ...any) error {
	return &usageError{text: format, args: args}
}

// parseOptions reads a command line without the program's name. Errors are
// *usageError.
func parseOptions(args []string, d *dialect) (*options, error) {
	o := &options{dialect: d, maxConns: -1, ttl: -1, minTTL: -1, recvBuffer: -1, sendBuffer: -1, tos: -1, rtable: -1}
	fs := pflag.NewFlagSet("gonc", pflag.ContinueOnError)
	fs.SortFlags = false
	fs.Usage = func() {}
	for _, r := range table {
		if !r.mentioned(args) {
			continue
		}
		add(fs, r.long, r.letter, r, o)
		if r.alias != "" {
			add(fs, r.alias, "", r, o)
		}
	}
	if err := fs.Parse(args); err != nil {
		return nil, d.explain(err)
	}
	o.operands = fs.Args()
	if o.help || o.version {
		return o, nil
	}
	return o, o.conflict()
}

// mentioned reports whether args could name the option. To register only
// those took 0.16 ms off the 2.1 that a plain client needed to get so far.
func (r row) mentioned(args []string) bool {
	for _, a := range args {
		long, isLong := strings.CutPrefix(a, "--")
		switch {
		case isLong:
			long, _, _ = strings.Cut(long, "=")
			if long == r.long || long == r.alias {
				return true
			}
		case r.letter != "" && strings.HasPrefix(a, "-") && strings.Contains(a, r.letter):
			return true
		}
	}
	return false
}

func add(fs *pflag.FlagSet, long, letter string, r row, o *options) {
	f := fs.VarPF(r.value(o), long, letter, r.help)
	if r.arg == "" {
		f.NoOptDefVal = "true"
	}
}

// explain makes a sentence of what pflag found wrong.
func (d *dialect) explain(err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownOption(unknown)
	case errors.As(err, &missing):
		if missing.GetSpecifiedShortnames() != "" {
			return &usageError{text: "option -%s needs an argument", args: []any{missing.GetSpecifiedName()}, shape: true}
		}
		return usagef("option --%s needs an argument", missing.GetSpecifiedName())
	case errors.As(err, &invalid):
		name := "--" + invalid.GetFlag().Name
		if invalid.GetFlag().Shorthand != "" {
			name = "-" + invalid.GetFlag().Shorthand + " (" + name + ")"
		}
		if invalid.GetFlag().NoOptDefVal != "" {
			return usagef("option %s takes no argument", name)
		}
		return d.badValue(invalid.GetFlag().Name, name, errors.Unwrap(invalid))
	}
	return usagef("%s", err)
}

func unknownOption(e *pflag.NotExistError) error {
	text, name := `unknown option "--%s"`, e.GetSpecifiedName()
	dashed := "--" + name
	if e.GetSpecifiedShortnames() != "" {
		text, name = `unknown option "-%s"`, name[:1]
		dashed = "-" + name
	}
	hint := elsewhere(dashed)
	if hint == "" {
		hint = "gonc -h lists the options"
	}
	return &usageError{text: text, args: []any{name}, hint: hint, shape: true}
}

// badValue is about the value of the option that is called long, in full name.
func (d *dialect) badValue(long, name string, err error) error {
	var bad *valueError
	if own, ok := d.values(long); ok && errors.As(err, &bad) {
		return usagef("%s", strings.NewReplacer("{why}", bad.why, "{text}", bad.text).Replace(own))
	}
	return usagef("option %s: %v", name, err)
}
