package event

import (
	"net"

	"gonc/conn/tlsconn"
)

// Secured is a connection with TLS on it, after the handshake.
type Secured struct {
	Remote net.Addr
	Server bool // this side was the server
	Info   tlsconn.Info
}

// HandshakeFailed is a peer that was turned away because a handshake failed.
type HandshakeFailed struct {
	Remote net.Addr
	Err    error
	More   int // others that failed, and are not printed by themselves
}

// Warned is something that is unwise and does not keep anything from being
// done.
type Warned struct{ Err error }

// Level returns 1.
func (Secured) Level() int { return 1 }

// Level returns 0: failures are always printed.
func (HandshakeFailed) Level() int { return 0 }

// Level returns 0.
func (Warned) Level() int { return 0 }
