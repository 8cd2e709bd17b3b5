//go:build !unix

package relay

import (
	"io"
	"os"
	"sync"
)

// openInput returns a reader of f that can be interrupted, by way of a
// goroutine that stays in its last read for good. A regular file never blocks.
// Nothing is opened for it.
func openInput(f *os.File) (r io.Reader, stop, release func()) {
	if isRegular(f) {
		return f, func() {}, func() {}
	}
	p := &pump{f: f, full: make(chan piece), quit: make(chan struct{})}
	return p, sync.OnceFunc(func() { close(p.quit) }), func() {}
}

type piece struct {
	b   []byte
	err error
}

type pump struct {
	f     *os.File
	begin sync.Once
	full  chan piece
	left  piece
	quit  chan struct{}
}

func (p *pump) run() {
	for {
		b := make([]byte, bufferSize)
		n, err := p.f.Read(b)
		select {
		case p.full <- piece{b[:n], err}:
		case <-p.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

func (p *pump) Read(b []byte) (int, error) {
	p.begin.Do(func() { go p.run() })
	if len(p.left.b) == 0 && p.left.err == nil {
		select {
		case p.left = <-p.full:
		case <-p.quit:
			return 0, os.ErrDeadlineExceeded
		}
	}
	n := copy(b, p.left.b)
	p.left.b = p.left.b[n:]
	if len(p.left.b) == 0 {
		return n, p.left.err
	}
	return n, nil
}

func openOutput(f *os.File) (w io.Writer, stop, release func()) {
	return f, func() {}, func() {}
}

func closeFile(f *os.File) error { return f.Close() }

// awaitInput cannot wait here without reading.
func awaitInput(io.Reader) func() error { return nil }

// readable cannot tell here, and says no.
func readable(*os.File) bool { return false }
