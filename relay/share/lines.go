package share

import (
	"io"
	"sync"
	"time"
)

const (
	// restWait is how long the rest of a line is waited for before another
	// writer's bytes follow.
	restWait = 100 * time.Millisecond

	// restMax is how much of a line without an end is written before another
	// writer has its turn.
	restMax = 64 << 10
)

// Lines gives several writers one output without mixing their lines: each Write
// goes out in one piece, and when it ends in the middle of a line the others wait
// for the rest of it, for a moment.
type Lines struct {
	w io.Writer

	mu     sync.Mutex
	holder *LineWriter   // has written the beginning of a line; nil: none
	until  time.Time     // the others wait for it
	held   int           // bytes of that line
	freed  chan struct{} // closed when holder has written the rest
}

// NewLines returns a Lines that writes to w.
func NewLines(w io.Writer) *Lines { return &Lines{w: w} }

// Writer returns a writer for one source of lines.
func (m *Lines) Writer() *LineWriter { return &LineWriter{m} }

// A LineWriter writes lines. Its End releases the output when no more comes.
type LineWriter struct{ m *Lines }

func (l *LineWriter) Write(p []byte) (int, error) {
	m := l.m
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.holder != nil && m.holder != l {
		wait := time.Until(m.until)
		if wait <= 0 {
			m.free()
			break
		}
		m.await(wait)
	}
	n, err := m.w.Write(p)
	switch {
	case err != nil || n > 0 && p[n-1] == '\n':
		m.free()
	case n > 0:
		m.hold(l, n)
	}
	return n, err
}

// End says that nothing more is written to l.
func (l *LineWriter) End() {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if l.m.holder == l {
		l.m.free()
	}
}

// await waits without the lock until the output is free or the time is over.
func (m *Lines) await(limit time.Duration) {
	freed := m.freed
	m.mu.Unlock()
	defer m.mu.Lock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-freed:
	case <-timer.C:
	}
}

// hold keeps the output for l, which has written n bytes of a line.
func (m *Lines) hold(l *LineWriter, n int) {
	if m.holder == nil {
		m.holder, m.until, m.held, m.freed = l, time.Now().Add(restWait), 0, make(chan struct{})
	}
	if m.held += n; m.held >= restMax {
		m.free()
	}
}

func (m *Lines) free() {
	if m.holder != nil {
		m.holder = nil
		close(m.freed)
	}
}
