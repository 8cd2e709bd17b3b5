package record

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// A Direction tells what was received from what was sent.
type Direction byte

const (
	Received Direction = '<'
	Sent     Direction = '>'
)

// A block is one read or one write of a connection.
type block struct {
	direction Direction
	at        time.Time
	peer      string
	data      []byte
}

// A Log writes what several connections receive and send to one file, each
// read and write in one piece, in the order in which they happened.
type Log struct {
	// OnError, if not nil, is called once, with a *LogError, when the file
	// can't be written. Nothing more is written then.
	OnError func(error)

	w      io.Writer
	format func(dst []byte, b block) []byte

	mu  sync.Mutex
	buf []byte
	err error
}

// A LogError says that a record could not be written to its end.
type LogError struct{ Err error }

func (e *LogError) Error() string { return fmt.Sprintf("write record: %v", e.Err) }

// Local returns true: it is about this machine.
func (*LogError) Local() bool { return true }

// Unwrap returns the cause.
func (e *LogError) Unwrap() error { return e.Err }

// Raw returns a Log of the bytes as they were.
func Raw(w io.Writer) *Log {
	return &Log{w: w, format: func(dst []byte, b block) []byte { return append(dst, b.data...) }}
}

// Hex returns a Log in hex, for people and for programs: see appendHex.
func Hex(w io.Writer) *Log { return &Log{w: w, format: appendHex} }

// PlainHex returns a Log in hex as ncat's: see appendPlainHex.
func PlainHex(w io.Writer) *Log { return &Log{w: w, format: appendPlainHex} }

// Create opens name for a record, empty. A new file is for its owner only,
// because a session may hold passwords.
func Create(name string) (*os.File, error) { return open(name, os.O_TRUNC) }

// Append opens name for a record behind what it holds already.
func Append(name string) (*os.File, error) { return open(name, 0) }

// open opens name so that every write goes to its end, since two records may
// go to one file.
func open(name string, flag int) (*os.File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND|flag, 0o600)
}

// Err returns why the file could not be written, a *LogError, or nil.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Reader returns r with all that it gives recorded as received from peer.
func (l *Log) Reader(peer string, r io.Reader) io.Reader {
	return &tapReader{r, func(p []byte) { l.add(Received, peer, p) }}
}

// Writer returns w with all that it is given recorded as sent to peer, before
// it is: so an answer is never recorded ahead of what it answers. Where
// writing fails the record may hold more than was sent.
func (l *Log) Writer(peer string, w io.Writer) io.Writer {
	return &earlyTapWriter{w, func(p []byte) { l.add(Sent, peer, p) }}
}

// add writes one block, unless writing has failed before.
func (l *Log) add(d Direction, peer string, data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.buf = l.format(l.buf[:0], block{d, time.Now(), peer, data})
	if _, err := l.w.Write(l.buf); err != nil {
		l.err = &LogError{err}
		if l.OnError != nil {
			l.OnError(l.err)
		}
	}
}
