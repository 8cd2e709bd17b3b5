package command

import (
	"io"
	"os"
	"sync"
	"time"
)

// lastWords bounds the wait for the output of a program that has ended.
const lastWords = 100 * time.Millisecond

// An output is what a program writes to its standard output, as a reader that
// needs no writer to close it. A read of a pipe can't be interrupted here, so
// a goroutine does it, which stays as long as the pipe is held by something
// that the program has left behind.
type output struct {
	f      *os.File
	pieces chan []byte
	ended  chan struct{} // closed when the program has ended

	rest []byte

	mu      sync.Mutex
	passed  chan struct{} // closed when the deadline has passed
	expires *time.Timer   // nil: there is no deadline, or it has passed
}

// newOutput returns what the other end of f writes.
func newOutput(f *os.File) *output {
	o := &output{f: f, pieces: make(chan []byte), ended: make(chan struct{}), passed: make(chan struct{})}
	go o.pump()
	return o
}

// pump is the goroutine that reads.
func (o *output) pump() {
	defer close(o.pieces)
	for {
		buf := make([]byte, 32<<10)
		n, err := o.f.Read(buf)
		if n > 0 {
			o.pieces <- buf[:n]
		}
		if err != nil {
			return
		}
	}
}

func (o *output) finish() { close(o.ended) }

// Read reads what the program wrote.
func (o *output) Read(p []byte) (int, error) {
	for len(o.rest) == 0 {
		piece, err := o.next()
		if err != nil {
			return 0, err
		}
		o.rest = piece
	}
	n := copy(p, o.rest)
	o.rest = o.rest[n:]
	return n, nil
}

// next waits for a piece, or for the end.
func (o *output) next() ([]byte, error) {
	o.mu.Lock()
	passed := o.passed
	o.mu.Unlock()
	select {
	case piece, ok := <-o.pieces:
		return piece, eofUnless(ok)
	case <-passed:
		return nil, os.ErrDeadlineExceeded
	case <-o.ended:
	}
	select {
	case piece, ok := <-o.pieces:
		return piece, eofUnless(ok)
	case <-time.After(lastWords):
		return nil, io.EOF
	}
}

func eofUnless(ok bool) error {
	if ok {
		return nil
	}
	return io.EOF
}

// setDeadline sets the deadline of Read.
func (o *output) setDeadline(t time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.expires != nil {
		o.expires.Stop()
		o.expires = nil
	}
	select {
	case <-o.passed:
		o.passed = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return nil
	}
	passed := o.passed
	if d := time.Until(t); d > 0 {
		o.expires = time.AfterFunc(d, func() { close(passed) })
	} else {
		close(passed)
	}
	return nil
}

// Close closes the pipe, and drops what it still holds.
func (o *output) Close() error {
	err := o.f.Close()
	go func() {
		for range o.pieces {
		}
	}()
	return err
}

// packetPipe makes an ordinary pipe: this system has none for packets.
func packetPipe() (r, w *os.File, err error) { return os.Pipe() }
