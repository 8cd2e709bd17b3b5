// Package relay moves bytes over a connection once there is one: between
// standard input and output and the network, to a page, to a canned reply.
//
// It does not obtain connections (package conn does) and it says nothing
// (package main does). A Handler is handed a net.Conn and owns it. Pipe joins
// two Ends, and this is what it does when one of them ends:
//
//	local EOF            write what is left; half-close the remote if the
//	                     policy says so; start the linger timer if any
//	remote EOF           write what is left; close the local writer, so that
//	                     the next program in the pipe sees its end, unless
//	                     all is over and the exit does it; then finish, or
//	                     keep sending, as the policy says
//	remote can't be      stop reading local; go on reading remote to its end
//	written              (a reset still delivers what was queued)
//	local can't be       finish; the error says whether it was a closed pipe
//	written
//	nobody reads what    the same without a write, once all is sent that
//	local is written     local has begun to give
//	idle, linger or ctx  finish
//	datagram connection  no EOF comes and nothing can be half-closed; one read
//	                     is one write, so boundaries hold; an empty datagram
//	                     is data
//
// Closing a TCP socket that holds unread input makes the kernel send a reset
// and throw away what was not yet delivered (RFC 9293 section 3.6.1; RFC 1122
// section 4.2.2.13). So a Handler that stops listening to its peer reads and
// drops until everything sent has been acknowledged.
package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// A Handler consumes one connection. It owns c and closes it before it
// returns; nobody else touches c after the call. It ends when the session
// does or soon after ctx is done. Its error is the session's.
type Handler func(ctx context.Context, c net.Conn) error

// An End is one side of a relay. Make one with Files or Conn; what changes or
// records bytes wraps R or W then. A wrapped side no longer looks like a
// socket or a pipe, so zero copy falls away by itself. CloseWrite belongs to
// the bare descriptor, so that no wrapper can lose it.
//
// Pipe calls CloseWrite when it is time, and at its end gives back what was
// opened for the End, which is used up by that. The files and connections that
// it was made of are otherwise for their owner to close.
type End struct {
	// R is where this side's bytes come from. Nil: nothing is read here, and
	// this side never comes to an EOF.
	R io.Reader

	// W is where bytes for this side go. Nil: they are dropped.
	W io.Writer

	// CloseWrite says that no more bytes will come for this side. Nil: there
	// is nothing to end.
	CloseWrite func() error

	// Datagram says that each Read and each Write is one datagram.
	Datagram bool

	ended     bool         // R has come to its EOF already
	interrupt func()       // ends R.Read and W.Write, those under way included; nil: they don't block
	await     func() error // waits until R.Read would return at once; nil: unknown
	ready     func() bool  // reports whether R.Read would return at once; nil: unknown
	left      func()       // R is not read any more; nil: nobody wants to know
	shared    bool         // R gives the same to others: who has gone well has missed nothing
	bare      net.Conn     // what R and W are of; nil: not a connection
	release   func()       // gives back what this side has besides what it was made of; nil: nothing

	exitCloses   bool // the program's exit is as good as CloseWrite
	exitReleases bool // and as release
}

// stop ends the reads and writes of e.
func (e *End) stop() {
	if e.interrupt != nil {
		e.interrupt()
	}
}

// end comes when the session is over, and nothing reads or writes e any more.
func (e *End) end() {
	if e.release != nil && !e.exitReleases {
		e.release()
	}
}

// AtRemoteEOF is what a relay does when the remote has sent its last byte and
// local has not.
type AtRemoteEOF int

const (
	// KeepSending sends until local ends or the remote refuses.
	KeepSending AtRemoteEOF = iota

	// FinishIfIdle finishes if local has given nothing so far, and holds
	// nothing ready, although the remote did send something; else it keeps
	// sending. An idle pipe on standard input, such as the one that
	// "ssh host command" leaves there, would otherwise hang the relay.
	FinishIfIdle

	// Finish finishes at once.
	Finish
)

// Flush, as a Policy's Linger, ends the relay as soon as all that was sent
// has been acknowledged by the remote's system.
const Flush time.Duration = -1

// A Policy decides about ends. The zero value half-closes at local EOF, keeps
// sending after remote EOF, and has no limits.
type Policy struct {
	// NoHalfClose leaves the sending half of the remote open at local EOF.
	NoHalfClose bool

	// AtRemoteEOF says what happens when the remote ends first.
	AtRemoteEOF AtRemoteEOF

	// Linger is how long after local EOF the relay goes on receiving, or
	// Flush. Zero means until the remote ends.
	Linger time.Duration

	// Quiet ends the relay, after local EOF, when nothing has moved for this
	// long. Zero means no limit.
	Quiet time.Duration

	// Idle ends the relay with ErrIdle when nothing has moved in either
	// direction for this long. Zero means no limit.
	Idle time.Duration

	// OneWay, if not nil, is told true when a relay that moves bytes by zero
	// copy, with calls that are short, has moved 8 MiB one way and none the
	// other, and false when that is over. One goroutine at a time calls it.
	OneWay func(bool)
}

// Totals are what a relay moved.
type Totals struct {
	Sent, Received int64     // bytes, from local to remote and back
	Began          time.Time // when it was handed the connection
	FirstByte      time.Time // when the remote was first heard; zero: never

	ended bool // the remote has sent its last byte
	lost  bool // not all that was read of local was sent
}

// ErrIdle says that nothing moved for as long as Policy.Idle.
var ErrIdle = errors.New("nothing was sent or received")

// A LocalError is a failure of the local side of a relay: standard input
// could not be read, standard output not written.
type LocalError struct {
	Op  string // "read" or "write"
	Err error
}

func (e *LocalError) Error() string { return fmt.Sprintf("%s: %v", e.Op, e.Err) }

// Unwrap returns the cause.
func (e *LocalError) Unwrap() error { return e.Err }

// An UndeliveredError says that bytes which one side had given did not reach
// the other.
type UndeliveredError struct {
	Bytes int64 // at least so many
	Local bool  // it is local that they did not reach
	Err   error // what ended the session; nil: a side that stopped reading
}

func (e *UndeliveredError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%d bytes were not delivered", e.Bytes)
	}
	return fmt.Sprintf("%d bytes were not delivered: %v", e.Bytes, e.Err)
}

// Unwrap returns what ended the session.
func (e *UndeliveredError) Unwrap() error { return e.Err }

// A halfCloser is a connection whose sending half can be closed by itself:
// TCP, Unix streams, TLS.
type halfCloser interface{ CloseWrite() error }

// Conn returns c as an End. The caller still closes c, after Pipe.
func Conn(c net.Conn) End {
	e := End{R: c, W: c, bare: c, interrupt: func() { c.SetDeadline(past) }}
	switch c.LocalAddr().Network() {
	case "udp", "unixgram":
		e.Datagram = true
		return e
	}
	if hc, ok := c.(halfCloser); ok {
		e.CloseWrite = hc.CloseWrite
	}
	return e
}

// past is a deadline that has been missed: it ends reads and writes under way.
var past = time.Unix(1, 0)
