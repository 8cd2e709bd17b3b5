// Package dialect has the netcats that gonc can behave like. A dialect is one
// file and data: how its options are written, what it does where netcats
// differ, what it prints and its exit statuses. Nothing outside this package
// knows which dialects there are.
package dialect

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/relay"
)

// A Dialect describes how one netcat behaves where implementations differ.
type Dialect struct {
	Name    string
	Aliases []string // other names that it is run under
	Grammar option.Grammar

	// What it does.
	HalfClose      bool              // at the end of standard input, even if that is not asked for
	ListenEOF      relay.AtRemoteEOF // when the peer of a listener ends first
	ConnectEOF     relay.AtRemoteEOF // when the peer of a client does
	BothFamilies   bool              // listen on IPv6 too where no address is given
	DualStack      bool              // a listener on all IPv6 addresses takes IPv4 as well
	UDPQuiet       time.Duration     // how long a UDP client waits for more after standard input; zero: forever
	ConnectTimeout time.Duration     // where no limit on connecting is given; zero: none
	RefusalEnds    Refusal           // whether a UDP client that is refused ends
	PlainHexDump   bool              // a dump in hex has no line about each read and write
	ZeroTimeout    bool              // a client with a timeout of 0 ends once all is sent
	FlushQuiet     time.Duration     // with a quit time of 0, how long the peer may be silent before that is the end; zero: end once all is sent

	TrustsAnyPeer bool // certificates are verified only if that is asked for

	// What it prints.
	Program    string                      // what errors begin with; empty: the name it is run under
	Hints      bool                        // a second line says what to try
	OnTerminal bool                        // a terminal gets what is else printed with -v about listening
	PrintsOpen bool                        // a scan prints open ports on standard output
	Help       io.Writer                   // where the help goes
	Head       func(version string) string // what the help begins with
	Topics     bool                        // the help has topics
	Version    func(version string) string // the answer to --version, on standard error; nil: gonc's, on standard output
	Usage      string                      // what follows an error about the shape of the command line; empty: nothing

	// Event puts an event into the dialect's own words. ok is false for what
	// it has no words of its own for.
	Event func(e event.Event, verbose int) (lines []event.Line, ok bool)

	// Error does the same for an error; an empty text prints nothing.
	Error func(err error) (text string, ok bool)

	// Ending returns what the text of an error ends with; nil: nothing.
	Ending func(err error) string

	// HelpLine does the same for the help of an option.
	HelpLine func(id option.ID) (text string, ok bool)

	// IgnoresError reports whether the error that ended a session, which had
	// moved t, is no failure in this dialect; nil: every error is one.
	IgnoresError func(err error, t relay.Totals) bool

	// Its exit statuses. Network is for what IsNetwork reports true of; a nil
	// IsNetwork does so for everything that is not event.IsLocal.
	Network, Other int
	IsNetwork      func(err error) bool
}

// A Refusal is what a UDP client does when its datagrams are refused.
type Refusal uint8

// What it may do.
const (
	Never   Refusal = iota // it prints that and goes on
	Quietly                // it ends with status 0
	Failing                // it ends with an error
)

// Status returns the exit status for an error.
func (d *Dialect) Status(err error) int {
	network := !event.IsLocal(err)
	if d.IsNetwork != nil {
		network = d.IsNetwork(err)
	}
	if network {
		return d.Network
	}
	return d.Other
}

// all are the dialects; the first one is used where none is named.
var all = [...]*Dialect{&gonc, &nc, &ncat}

// An UnknownError is a name that no dialect has.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string { return fmt.Sprintf("unknown dialect %q", e.Name) }

// Local returns true.
func (*UnknownError) Local() bool { return true }

// Names returns the names of the dialects.
func Names() []string {
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = d.Name
	}
	return names
}

// Choose returns the dialect of a command line and the arguments that are left
// to be read in it. --dialect=NAME as the first argument comes before
// GONC_DIALECT, and that before the name that the program is run under. With an
// error comes the dialect to print it in.
func Choose(argv []string) (d *Dialect, args []string, err error) {
	base := "gonc"
	if len(argv) > 0 {
		base = strings.TrimSuffix(filepath.Base(argv[0]), ".exe")
		args = argv[1:]
	}
	name := os.Getenv("GONC_DIALECT")
	named := name != ""
	if len(args) > 0 {
		if first, ok := strings.CutPrefix(args[0], "--dialect="); ok {
			name, named, args = first, true, args[1:]
		} else if args[0] == "--dialect" && len(args) > 1 {
			name, named, args = args[1], true, args[2:]
		}
	}
	d = find(base)
	if named {
		if other := find(name); other != nil {
			d = other
		} else {
			err = &UnknownError{name}
		}
	}
	if d == nil {
		d = all[0]
	}
	return d.under(base), args, err
}

// under returns d with the name that errors begin with filled in.
func (d *Dialect) under(base string) *Dialect {
	if d.Program != "" {
		return d
	}
	own := *d
	own.Program = base
	return &own
}

// find returns the dialect of a name, or nil.
func find(name string) *Dialect {
	for _, d := range all {
		if d.Name == name {
			return d
		}
		for _, alias := range d.Aliases {
			if alias == name {
				return d
			}
		}
	}
	return nil
}
