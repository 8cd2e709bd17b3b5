package message

import (
	"io"
	"sync"
	"time"
)

// outputRoom bounds the messages that are kept for a reader that is
// slow.
const outputRoom = 1 << 20

// An Output is a writer of whole lines that never makes its caller wait: a
// reader that is slow or does not read at all must not stop the traffic that
// the lines are about. Lines for which there is no room are dropped and
// counted; after an error everything is dropped.
type Output struct {
	W io.Writer

	// Lost returns the line that says how many were dropped.
	Lost func(n int) string

	mu      sync.Mutex
	pending []byte
	spare   []byte
	dropped int
	broken  bool
	done    chan struct{} // closed when pending has been written; nil: nothing is being written
}

// Write takes over a line, or several.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.broken:
	case len(o.pending)+len(p) > outputRoom && len(o.pending) > 0:
		o.dropped++
	default:
		o.pending = append(o.pending, p...)
		if o.done == nil {
			o.done = make(chan struct{})
			go o.drain()
		}
	}
	return len(p), nil
}

// drain writes what is pending until there is nothing more.
func (o *Output) drain() {
	for o.next() {
		if _, err := o.W.Write(o.spare); err != nil {
			o.mu.Lock()
			o.broken, o.pending, o.dropped = true, nil, 0
			o.mu.Unlock()
		}
	}
}

// next moves what is pending to spare, and reports whether there is anything.
func (o *Output) next() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dropped > 0 {
		o.pending = append(o.pending, o.Lost(o.dropped)...)
		o.dropped = 0
	}
	o.pending, o.spare = o.spare[:0], o.pending
	if len(o.spare) == 0 {
		close(o.done)
		o.done = nil
		return false
	}
	return true
}

// Flush waits until everything was written, for at most limit if that is not
// zero.
func (o *Output) Flush(limit time.Duration) {
	o.mu.Lock()
	done := o.done
	o.mu.Unlock()
	if done == nil {
		return
	}
	var late <-chan time.Time
	if limit > 0 {
		t := time.NewTimer(limit)
		defer t.Stop()
		late = t.C
	}
	select {
	case <-done:
	case <-late:
	}
}
