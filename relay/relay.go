// Package relay moves bytes over a connection once there is one: between
// standard input and output and the network, to a page, to a canned reply.
//
// It does not obtain connections (package conn does) and it says nothing
// (package main does).
package relay

import (
	"context"
	"net"
)

// A Handler consumes one connection. It owns c and closes it before it
// returns; nobody else touches c after the call. It ends when the session
// does or soon after ctx is done. Its error is the session's.
type Handler func(ctx context.Context, c net.Conn) error
