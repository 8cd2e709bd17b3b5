package event

import (
	"net/netip"
	"time"

	"gonc/conn/path"
)

// A ConnectError is a failed connect and what was found out about the reason.
type ConnectError struct {
	Err   error
	Facts *path.Facts // nil: nothing was found out

	// Explained says that the reason is explained by events of its own.
	Explained bool
}

func (e *ConnectError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the dialer.
func (e *ConnectError) Unwrap() error { return e.Err }

// Silence is an attempt to connect that has had no answer for a while and goes
// on.
type Silence struct {
	To      netip.AddrPort
	After   time.Duration
	Limited bool // there is a limit on connecting
	Facts   *path.Facts
}

// Retrying is a connect that failed and is tried again.
type Retrying struct {
	Err error
	For time.Duration // at most
}

// Explained is a step on the way to the reason why an attempt fails, or to the
// connection.
type Explained struct {
	Step  path.Step
	Facts *path.Facts
	Scan  bool // of one of several ports
	More  int  // how many ports of a scan have the same cause besides that one
}

// Rescanning is a scan that tries ports again.
type Rescanning struct {
	Ports int
	For   time.Duration // at most
}

// ExplainedName reports the addresses of a name, and their source.
type ExplainedName struct {
	Host    string
	Addrs   []netip.Addr
	Origins []path.Origin // of each address
}

// ClosedAtOnce is a connection that ended at once without a byte from the peer.
type ClosedAtOnce struct{ Facts *path.Facts }

// Level returns 1.
func (Silence) Level() int { return 1 }

// Level returns 1.
func (Retrying) Level() int { return 1 }

// Level returns 1.
func (Rescanning) Level() int { return 1 }

// Level returns 0: it is printed for an option of its own.
func (Explained) Level() int { return 0 }

// Level returns 0: it is printed for an option of its own.
func (ExplainedName) Level() int { return 0 }

// Level returns 1.
func (ClosedAtOnce) Level() int { return 1 }
