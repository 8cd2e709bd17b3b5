// Package stdfile reads and writes standard input and output so that a read or
// a write under way can be interrupted, without ever changing a flag of the
// descriptors: the flags belong to the open file description and so to the
// caller's shell as well.
package stdfile

import (
	"io"
	"os"
	"time"
)

// An Input reads a file that the caller of the program opened.
type Input struct {
	// Reader reads the file. It is an *os.File where the kernel can move its
	// bytes to another descriptor.
	io.Reader

	file      *os.File
	interrupt func()
	release   func()
	await     func() error // nil: unknown
}

// Interrupt ends a Read under way and every later one with
// os.ErrDeadlineExceeded.
func (in *Input) Interrupt() { in.interrupt() }

// Release closes what OpenInput opened besides the file. Nothing may read then.
func (in *Input) Release() { in.release() }

// Await waits until Read returns at once. Where that cannot be known it
// returns nil at once.
func (in *Input) Await() error {
	if in.await == nil {
		return nil
	}
	return in.await()
}

// Awaits reports whether Await waits.
func (in *Input) Awaits() bool { return in.await != nil }

// Ready reports whether Read would return at once, as far as that is known.
func (in *Input) Ready() bool { return readable(in.file) }

// An Output writes a file that the caller of the program opened.
type Output struct {
	// Writer writes the file. It is an *os.File where the kernel can move
	// bytes to it.
	io.Writer

	// Reopened says that the file was opened again, as pipes and terminals
	// are. Their close reports nothing.
	Reopened bool

	interrupt func()
	release   func()
}

// Interrupt ends a Write under way and every later one with
// os.ErrDeadlineExceeded.
func (out *Output) Interrupt() { out.interrupt() }

// Release closes what OpenOutput opened besides the file. Nothing may write
// then.
func (out *Output) Release() { out.release() }

// maxPayload is the largest payload of an IPv4 datagram, in bytes.
const maxPayload = 65507

// past is a deadline that has passed.
var past = time.Unix(1, 0)

func nothing() {}
