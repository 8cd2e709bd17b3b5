package relay

import (
	"context"
	"net"
)

// Stdio is the relay between standard input and output and one connection.
type Stdio struct {
	// Local is the End to join to the connection; see Files, and for several
	// connections, one after another, Shared.
	Local End

	// Remote makes the End of the connection. Nil means Conn.
	Remote func(net.Conn) End

	// Policy says what happens when one side is at EOF.
	Policy Policy

	// Gauge, if not nil, tells how much was moved while the relay runs.
	Gauge *Gauge

	// OnEnd, if not nil, is called with what was moved when it is all over.
	OnEnd func(remote net.Addr, t Totals)
}

// Serve is a Handler that relays until both sides are at EOF, or the policy or
// ctx ends it. Its errors, and what becomes of Local, are those of Pipe. It
// delivers what is on its way before it closes c; where the peer did not get
// everything, or not everything of the peer's was taken, it resets a TCP
// connection.
func (s *Stdio) Serve(ctx context.Context, c net.Conn) error {
	defer c.Close()
	local, remote := s.Local, endOf(c, s.Remote)
	x := newReferee(&local, &remote, s.Policy)
	s.Gauge.watch(x)
	totals, err := x.join(ctx)
	if s.OnEnd != nil {
		s.OnEnd(c.RemoteAddr(), totals)
	}
	return err
}
