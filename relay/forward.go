package relay

import (
	"context"
	"net"
	"time"
)

// Forward joins each connection to another one, its target. Half-close, reset
// and loss of one side reach the other.
type Forward struct {
	// Dial makes the connection to the target.
	Dial func(context.Context) (net.Conn, error)

	// Policy says what happens when one side is at EOF; its local side is the
	// client.
	Policy Policy

	// Remote makes the End of a client. Nil means Conn.
	Remote func(net.Conn) End

	// OnEnd, if not nil, is called with what was moved when it is all over,
	// also if the target could not be reached; sent are the bytes from the
	// client to the target.
	OnEnd func(client net.Addr, t Totals)
}

// datagramQuiet is the time for which a target that takes datagrams has to be silent for
// a session to be over after the client's EOF, unless the Policy says.
const datagramQuiet = time.Second

// Serve is a Handler. If the target cannot be reached it resets the client and
// returns the error of Dial. Its other errors name the side that failed.
func (f *Forward) Serve(ctx context.Context, c net.Conn) error {
	defer c.Close()
	totals := Totals{Began: time.Now()}
	if f.OnEnd != nil {
		defer func() { f.OnEnd(c.RemoteAddr(), totals) }()
	}
	t, err := f.Dial(ctx)
	if err != nil {
		resetOnClose(c)
		return err
	}
	defer t.Close()
	client, target, p := endOf(c, f.Remote), Conn(t), f.Policy
	client.Name = named("connection from", c.RemoteAddr())
	target.Name = named("target", t.RemoteAddr())
	if target.Datagram && p.Quiet == 0 {
		p.Quiet = datagramQuiet
	}
	totals, err = newReferee(&client, &target, p).join(ctx)
	return err
}

// named returns the name of a side. The client of a Unix socket has no address.
func named(what string, a net.Addr) string {
	at := ""
	if a != nil {
		at = a.String()
	}
	if at == "" || at == "@" {
		at = "a Unix socket"
	}
	return what + " " + at
}
