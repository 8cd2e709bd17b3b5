//go:build !unix

package stdfile

import (
	"os"
	"sync"
)

// OpenInput returns an Input that reads f. Unless f is a regular file, which
// never blocks, a goroutine reads it, which stays in its last read for good.
func OpenInput(f *os.File) *Input {
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		return &Input{Reader: f, file: f, interrupt: nothing, release: nothing}
	}
	p := &pump{f: f, full: make(chan piece), quit: make(chan struct{})}
	return &Input{Reader: p, file: f, interrupt: sync.OnceFunc(func() { close(p.quit) }), release: nothing}
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
		b := make([]byte, 64<<10)
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

// OpenOutput returns an Output that writes f, which cannot be interrupted here.
func OpenOutput(f *os.File) *Output { return &Output{f, false, nothing, nothing} }

// Close closes f.
func Close(f *os.File) error { return f.Close() }

// CanRead returns true: here the first read fails otherwise.
func CanRead(*os.File) bool { return true }

// readable returns false: here this is unknown.
func readable(*os.File) bool { return false }
