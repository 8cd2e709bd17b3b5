package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gonc/relay"
)

// A dialect is the way of one netcat: what it decides where netcats differ,
// as data. The letters of its options are in the option table.
type dialect struct {
	name string

	// What it does.
	halfClose    bool              // at the end of standard input, even without -N and -q
	listenEOF    relay.AtRemoteEOF // when the peer of a listener ends first
	connectEOF   relay.AtRemoteEOF // when the peer of a client does
	bothFamilies bool              // listen on IPv6 too where no address is given
	udpQuiet     time.Duration     // how long a UDP client waits for more after standard input; zero: for ever

	lenient    bool          // options without effect are forgotten, not errors
	replyQuiet time.Duration // with -q 0, how long the peer may be silent before that is the end; zero: at once

	// What it says.
	program   string        // what errors begin with; empty: the name it was run under
	hints     bool          // a second line that says what to try
	quiet     bool          // a failed connect is said only with -v
	each      bool          // with -v, every address that failed has its line
	datagrams string        // what is said of a datagram socket that listens
	help      io.Writer     // where -h goes
	head      func() string // what it begins with
	usage     string        // what follows an error about the shape of the command line; empty: nothing

	// words is what it says for a sentence of gonc, which is a format of fmt:
	// another one with the same arguments, or nothing at all.
	words func(sentence string) (own string, ok bool)

	// values is what it says of a bad value of an option, by its long name.
	values func(long string) (own string, ok bool)

	// Its exit statuses.
	network, other int
}

var dialects = []*dialect{
	{
		name: "gonc", halfClose: true, listenEOF: relay.FinishIfIdle, connectEOF: relay.FinishIfIdle, bothFamilies: true, udpQuiet: time.Second,
		program: "gonc", hints: true, datagrams: "Listening", help: os.Stdout, head: goncHead, words: goncWords, values: goncWords,
		network: 1, other: 2,
	},
	{
		// OpenBSD's, as Debian builds it.
		name: "nc", listenEOF: relay.FinishIfIdle, connectEOF: relay.KeepSending, lenient: true, replyQuiet: time.Second,
		quiet: true, each: true, datagrams: "Bound", help: os.Stderr,
		head: ncHead, usage: ncUsage, words: ncWords, values: ncValues,
		network: 1, other: 1,
	},
}

// sentence is format, or what the dialect says in its place, with args in it.
func (d *dialect) sentence(format string, args ...any) string {
	if own, ok := d.words(format); ok {
		format = own
	}
	if !strings.Contains(format, "%") {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// chooseDialect picks the dialect of a command line: what --dialect says, or
// GONC_DIALECT, or the name that the program is run under. It comes before
// anything else is read, because errors are said in it.
func chooseDialect(argv0 string, args []string) (*dialect, error) {
	base := strings.TrimSuffix(filepath.Base(argv0), ".exe")
	d := dialects[0]
	if byName := findDialect(base); byName != nil {
		d = byName
	}
	said := os.Getenv("GONC_DIALECT")
	for i, a := range args {
		if a == "--" {
			break
		}
		if name, ok := strings.CutPrefix(a, "--dialect="); ok {
			said = name
		} else if a == "--dialect" && i+1 < len(args) {
			said = args[i+1]
		}
	}
	if said != "" {
		byName := findDialect(said)
		if byName == nil {
			return inName(d, base), &usageError{text: "no dialect is called %s", args: []any{quote(said)}, hint: "there are gonc and nc"}
		}
		d = byName
	}
	return inName(d, base), nil
}

// inName is d with the name that errors begin with filled in.
func inName(d *dialect, base string) *dialect {
	if d.program != "" {
		return d
	}
	own := *d
	own.program = base
	return &own
}

// findDialect returns the dialect of a name, also that of a program which is
// known to speak it, or nil.
func findDialect(name string) *dialect {
	switch name {
	case "netcat", "nc.openbsd":
		name = "nc"
	}
	for _, d := range dialects {
		if d.name == name {
			return d
		}
	}
	return nil
}

// policy is what o and the dialect decide about ends.
func (o *options) policy() relay.Policy {
	p := relay.Policy{AtRemoteEOF: o.dialect.connectEOF, Idle: o.idleLimit(), OneWay: onOneWay()}
	if o.listen {
		p.AtRemoteEOF = o.dialect.listenEOF
	}
	if p.Idle > 0 {
		p.Idle += o.interval.d // its pauses are none of the other side's
	}
	p.NoHalfClose = o.noShutdown || !o.dialect.halfClose && !o.halfClose && !(o.quitAfter.set && o.quitAfter.d >= 0)
	switch {
	case o.recvLimit > 0, o.readsStdin() && isTerminal(os.Stdin):
		p.AtRemoteEOF = relay.Finish
	case o.sendOnly:
		p.AtRemoteEOF = relay.KeepSending
	}
	quit := o.quit()
	switch {
	case !quit.set || quit.d < 0:
	case quit.d == 0 && o.dialect.replyQuiet > 0 && !o.udp && !o.sendOnly:
		p.Quiet = o.dialect.replyQuiet
	case quit.d == 0:
		p.Linger = relay.Flush
	case o.udp:
		p.Quiet = quit.d
	default:
		p.Linger = quit.d
	}
	return p
}

// quit is -q, or what stands for it.
func (o *options) quit() timeOption {
	switch {
	case o.quitAfter.set:
	case o.udp && !o.listen && o.timeout.set:
		return o.timeout
	case o.udp && !o.listen && o.dialect.udpQuiet > 0:
		return timeOption{true, o.dialect.udpQuiet}
	case !o.udp && o.sendOnly:
		return timeOption{true, 0}
	}
	return o.quitAfter
}
