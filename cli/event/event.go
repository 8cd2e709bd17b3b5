// Package event has what can happen, as facts: one type for each event. Nothing
// here is a sentence. Package dialect and package message put events into
// words, or into JSON, by a switch on the types.
package event

import (
	"net"
	"net/netip"
	"os"
	"time"

	"gonc/conn"
	"gonc/conn/addr"
	"gonc/conn/path"
	"gonc/conn/tlsconn"
	"gonc/relay"
	"gonc/relay/page"
	"gonc/relay/record"
)

// An Event is something that happened.
type Event interface {
	// Level returns how many -v it takes for the event to be printed.
	Level() int
}

// Started is the start of the program.
type Started struct{ Version string }

// Failed reports the failure of the program as a whole, or of one of several
// connections that a client was asked for.
type Failed struct{ Err error }

// Resolved is a host that was looked up.
type Resolved struct {
	Host  string
	Addrs []netip.Addr
	Took  time.Duration
}

// Connecting is the start of an attempt to connect to an address.
type Connecting struct {
	Network string // without a family: tcp, udp
	To      netip.AddrPort
}

// AttemptFailed is an attempt that failed while another one was made.
type AttemptFailed struct {
	Network string
	To      addr.Addr // that the attempt was made for
	Attempt conn.Attempt
}

// Connected is a connection to an address.
type Connected struct {
	Network string
	To      addr.Addr
	Addr    netip.AddrPort // that To stands for
	Took    time.Duration
	Numeric bool // no names are wanted
}

// Tunneled is a connection through proxies.
type Tunneled struct {
	Network string
	To      addr.Addr
	Port    uint16 // of To
	Numeric bool
}

// ConnectedUnix is a connection to a Unix socket.
type ConnectedUnix struct {
	Network string // unix, unixgram
	Path    string
}

// Listening is the sockets that a listener listens on, all of them.
type Listening struct {
	Network string
	At      []net.Addr
	Page    bool                 // the test page is served there
	TLS     *tlsconn.Certificate // that is shown there; nil: no TLS
	Mutual  bool                 // clients have to show one
	Places  []path.Place         // where it may be reached from other machines, if that was found out

	// Explained asks for what to try from other machines too.
	Explained bool
}

// Accepted is a connection that was accepted.
type Accepted struct{ Local, Remote net.Addr }

// From returns the address to name: of a peer that has none, and of any stream
// over a Unix socket, it is our own, as OpenBSD has it.
func (e Accepted) From() net.Addr {
	if e.Local.Network() == "unix" || Unnamed(e.Remote) {
		return e.Local
	}
	return e.Remote
}

// Refused is a connection that was closed because there were as many as are
// allowed.
type Refused struct {
	Remote net.Addr
	Limit  int
	More   int // others that were refused shortly before
}

// Evicted is a connection that was ended to make room for another one, because
// its peer had closed its side.
type Evicted struct {
	Remote net.Addr
	Limit  int
}

// Dropped is the number of datagrams that this host received and dropped,
// because they were not read fast enough.
type Dropped struct{ Datagrams uint64 }

// Confined is the program having given up what it does not need.
type Confined struct {
	By  []string // the names of what is in force; none: the system has nothing
	Err error    // why more is not; nil: there is no more
}

// Denied is a connection that an access list keeps out.
type Denied struct{ conn.Rejection }

// Requested reports the target that a client of the proxy server asks for.
type Requested struct {
	Client    net.Addr
	Protocol  string // http, socks4, socks4a, socks5
	Target    addr.Addr
	Datagrams bool // they are to be relayed, to any target
}

// ClientFailed is a client of the proxy server that asked for nothing that it
// can have.
type ClientFailed struct {
	Client net.Addr
	Err    error
}

// A TargetHandshakeError is a TLS handshake with a target that failed: what
// decides it are the settings of the target and not the options about TLS.
type TargetHandshakeError struct{ Err error }

func (e *TargetHandshakeError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *TargetHandshakeError) Unwrap() error { return e.Err }

// TargetFailed is a target that a client could not be connected to.
type TargetFailed struct {
	Client net.Addr
	Target addr.Addr
	Err    error
}

// Waiting is a listener that cannot accept until a connection ends.
type Waiting struct{ Err error }

// Closed is a connection that has ended.
type Closed struct {
	Remote  net.Addr
	Several bool // it was one of several
	Totals  relay.Totals

	Accepted bool // by a listener
}

// Unanswered is a connection whose peer came to its EOF after it was half-closed
// without having sent a byte: it may have taken the half-close for a client
// that has gone.
type Unanswered struct{ Remote net.Addr }

// SessionFailed is one of several connections that ended with an error.
type SessionFailed struct {
	Remote net.Addr
	Err    error
}

// CommandEnded is the end of the command of a connection.
type CommandEnded struct {
	Remote  net.Addr
	Several bool // the connection was one of several
	State   *os.ProcessState
}

// An IdleError is a connection on which nothing has come for too long.
type IdleError struct {
	Limit    time.Duration
	Listener bool // that accepted it
	Err      error
}

func (e *IdleError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *IdleError) Unwrap() error { return e.Err }

// RecordFailed is a record that can't be written any more.
type RecordFailed struct {
	Name string
	Err  error
}

// Digests are those of what a connection sent and received, each as a line in
// the format of sha256sum(1); empty: of a direction that is not used.
type Digests struct{ Sent, Received string }

// Progress reports how much a relay has moved.
type Progress struct {
	record.Progress
	Done   bool // it has ended
	Redraw bool // the line takes the place of the one before
}

// Answered is a request that the test page answered.
type Answered struct{ Request *page.Request }

// Scanned is the end of a scan of several ports.
type Scanned struct{ Open, NotOpen int }

// Add counts a port.
func (e *Scanned) Add(open bool) {
	if open {
		e.Open++
	} else {
		e.NotOpen++
	}
}

// PortFailed is a port of a scan that a whole connect found not to be open.
type PortFailed struct{ Err error }

// Level returns 1.
func (Started) Level() int { return 1 }

// Level returns 0: failures are always printed.
func (Failed) Level() int { return 0 }

// Level returns 2.
func (Resolved) Level() int { return 2 }

// Level returns 1.
func (Connecting) Level() int { return 1 }

// Level returns 1.
func (AttemptFailed) Level() int { return 1 }

// Level returns 1.
func (Connected) Level() int { return 1 }

// Level returns 1.
func (Tunneled) Level() int { return 1 }

// Level returns 1.
func (ConnectedUnix) Level() int { return 1 }

// Level returns 1.
func (Listening) Level() int { return 1 }

// Level returns 1.
func (Accepted) Level() int { return 1 }

// Level returns 1.
func (Refused) Level() int { return 1 }

// Level returns 1.
func (Evicted) Level() int { return 1 }

// Level returns 0: the listener may wait forever.
func (Waiting) Level() int { return 0 }

// Level returns 1.
func (Denied) Level() int { return 1 }

// Level returns 1.
func (Requested) Level() int { return 1 }

// Level returns 1.
func (ClientFailed) Level() int { return 1 }

// Level returns 1.
func (TargetFailed) Level() int { return 1 }

// Level returns 2.
func (Confined) Level() int { return 2 }

// Level returns 1.
func (Closed) Level() int { return 1 }

// Level returns 1.
func (Dropped) Level() int { return 1 }

// Level returns 0: failures are always printed.
func (SessionFailed) Level() int { return 0 }

// Level returns 0.
func (Unanswered) Level() int { return 0 }

// Level returns 1.
func (CommandEnded) Level() int { return 1 }

// Level returns 0: failures are always printed.
func (RecordFailed) Level() int { return 0 }

// Level returns 0: digests were asked for.
func (Digests) Level() int { return 0 }

// Level returns 0: progress was asked for.
func (Progress) Level() int { return 0 }

// Level returns 1.
func (Answered) Level() int { return 1 }

// Level returns 1.
func (Scanned) Level() int { return 1 }

// Level returns 1.
func (PortFailed) Level() int { return 1 }
