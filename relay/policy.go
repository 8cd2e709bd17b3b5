package relay

import "time"

// AtRemoteEOF says how a relay goes on when the remote has sent its last byte and
// local has not.
type AtRemoteEOF uint8

const (
	// KeepSending sends until local is at its EOF or the remote refuses.
	KeepSending AtRemoteEOF = iota

	// FinishIfIdle finishes if local has given nothing so far, and has
	// nothing ready, although the remote did send something; otherwise it
	// keeps sending. An idle pipe on standard input, such as the one that
	// "ssh host command" leaves there, would otherwise hang the relay.
	FinishIfIdle

	// Finish finishes at once. What was read of local is still sent, and what
	// it had ready when nothing had been read.
	Finish
)

// HalfClose says when the sending half of the remote is closed after the EOF
// of local.
type HalfClose uint8

const (
	// HalfCloseAtEOF closes it at once.
	HalfCloseAtEOF HalfClose = iota

	// HalfCloseLate waits in two cases, because many servers take a
	// half-close for a client that has gone, and drop their answer: when
	// nothing was sent, until the remote has been silent for a second; and
	// when what was sent begins with an HTTP/1.x request line, until the
	// answer has begun and been silent for a second, or for 30 seconds
	// without an answer.
	HalfCloseLate

	// HalfCloseNever leaves it open.
	HalfCloseNever
)

// Flush, as a Policy's Linger, ends the relay as soon as the remote's system
// has acknowledged all that was sent.
const Flush time.Duration = -1

// A Policy decides what happens at the EOF of a side, and sets limits. The
// zero value half-closes at local EOF, keeps sending after remote EOF, and has
// no limits.
type Policy struct {
	// HalfClose says when the remote is half-closed after local EOF.
	HalfClose HalfClose

	// AtRemoteEOF says what happens when the remote is at EOF first.
	AtRemoteEOF AtRemoteEOF

	// Linger is how long after local EOF the relay goes on receiving, or
	// Flush. Zero means until the remote is at EOF.
	Linger time.Duration

	// Quiet ends the relay, after local EOF, when nothing has moved for this
	// long. Zero means no limit.
	Quiet time.Duration

	// Idle ends the relay with ErrIdle when nothing has moved in either
	// direction for this long. Zero means no limit.
	Idle time.Duration
}
