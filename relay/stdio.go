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
	totals, err := join(ctx, s.Local, endOf(c, s.Remote), s.Policy)
	if s.OnEnd != nil {
		s.OnEnd(c.RemoteAddr(), totals)
	}
	return err
}
