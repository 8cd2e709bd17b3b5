package relay

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// ErrIdle says that nothing moved for as long as Policy.Idle.
var ErrIdle = errors.New("idle timeout")

// An UndeliveredError says that bytes which one side had given did not reach
// the other.
type UndeliveredError struct {
	Bytes int64  // at least so many
	Local bool   // they did not reach local
	Name  string // of the End that they did not reach; may be empty
	Err   error  // what ended the session; nil: a peer that stopped reading
}

func (e *UndeliveredError) Error() string {
	text := fmt.Sprintf("%d bytes were not delivered", e.Bytes)
	if e.Name != "" {
		text += " to " + e.Name
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns what ended the session.
func (e *UndeliveredError) Unwrap() error { return e.Err }

// A LocalError is a failure of a side that is no connection: standard input
// could not be read, standard output not written.
type LocalError struct {
	Op   string // "read" or "write"
	Name string // of the End; empty: standard input or output
	Err  error
}

func (e *LocalError) Error() string {
	name := e.Name
	switch {
	case name != "":
	case e.Op == "read":
		name = "standard input"
	default:
		name = "standard output"
	}
	return e.Op + " " + name + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *LocalError) Unwrap() error { return e.Err }

// Local returns true: the error is about this machine, and not about the
// network.
func (*LocalError) Local() bool { return true }

// A PeerError is a failure of a connection whose End has a Name.
type PeerError struct {
	Name string
	Err  error // a *net.OpError, or what the connection's own protocol returned
}

func (e *PeerError) Error() string {
	var op *net.OpError
	if errors.As(e.Err, &op) { // its addresses are in Name
		return e.Name + ": " + op.Op + ": " + op.Err.Error()
	}
	return e.Name + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *PeerError) Unwrap() error { return e.Err }

// failure returns err as a failure of e.
func (e *End) failure(op string, err error) error {
	switch {
	case e.bare == nil:
		return &LocalError{Op: op, Name: e.Name, Err: err}
	case e.Name != "":
		return &PeerError{e.Name, err}
	}
	return err
}

// isReset reports whether err says that the peer reset the connection, or that
// the connection had ended before.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}

// interrupted reports whether err comes from the interrupt of an End.
func interrupted(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// connError returns err as package net reports it, if c is a connection.
func connError(op string, c any, err error) error {
	nc, ok := c.(net.Conn)
	var reported *net.OpError
	if !ok || err == nil || interrupted(err) || errors.As(err, &reported) {
		return err
	}
	return &net.OpError{Op: op, Net: nc.RemoteAddr().Network(), Source: nc.LocalAddr(), Addr: nc.RemoteAddr(), Err: err}
}
