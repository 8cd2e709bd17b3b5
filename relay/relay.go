// Package relay moves bytes over a connection once there is one: between
// standard input and output and the network, to another connection, to a
// command, to a canned reply.
//
// It does not obtain connections and prints nothing. A Handler consumes a
// net.Conn. Stdio, Fanout, Broker, Command, Forward and Reply have a Serve
// method that is one; PassFd returns one. All but Reply and PassFd join two
// Ends: Conn and Files make an End, Interval, LimitRate and Telnet change one, and
// what else changes, records or counts bytes wraps its R or W, as packages filter
// and record do.
//
// The comment of next, in ends.go, says what happens to the two sides of a relay.
// The rules are the same for both, except that a Policy sets limits from the EOF
// of the local side on, and says what follows from the EOF of the remote side. A
// datagram connection has no EOF and no half-close; one read is one write, so
// boundaries hold, and an empty datagram is data.
//
// Closing a TCP socket that holds unread input makes the kernel send a reset
// and throw away what was not yet delivered (RFC 9293 section 3.6.1; RFC 1122
// section 4.2.2.13). So a Handler that stops listening to its peer reads and
// drops until everything sent has been acknowledged.
package relay

import (
	"context"
	"errors"
	"net"
)

// A Handler consumes one connection. It owns c and closes it before it
// returns; nothing else touches c after the call. It ends when the session
// does or soon after ctx is done. Its error is the session's.
type Handler func(ctx context.Context, c net.Conn) error

// afterServer calls f when ctx is done, unless it ended for one connection
// alone, which its cause says by a method OneConnection: what connections share
// goes on then.
func afterServer(ctx context.Context, f func()) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		var one interface{ OneConnection() bool }
		if !errors.As(context.Cause(ctx), &one) || !one.OneConnection() {
			f()
		}
	})
}
