package message

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// A gate is a writer that waits until it is opened.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	got  bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.got.Write(p)
}

func lost(n int) string { return fmt.Sprintf("%d lost\n", n) }

// A reader that does not read never holds up a writer: what it misses is
// counted, and the rest comes in order.
func TestOutputNeverWaits(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	o := &Output{W: g, Lost: lost}
	line := strings.Repeat("x", 1023) + "\n"
	const lines = 4096
	for range lines {
		io.WriteString(o, line)
	}
	o.Flush(10 * time.Millisecond) // gives up
	close(g.open)
	o.Flush(0)
	kept := strings.Count(g.got.String(), line)
	want := strings.Repeat(line, kept) + lost(lines-kept)
	if kept < outputRoom/len(line) || kept == lines || g.got.String() != want {
		t.Errorf("%d of %d lines came, of %d bytes together", kept, lines, g.got.Len())
	}
}

// Lines are whole and in order, and none is missing when there is room.
func TestOutputKeepsOrder(t *testing.T) {
	var got, want bytes.Buffer
	o := &Output{W: &got, Lost: lost}
	for i := range 10000 {
		line := fmt.Sprintf("line %d\n", i)
		want.WriteString(line)
		io.WriteString(o, line)
	}
	o.Flush(0)
	if got.String() != want.String() {
		t.Errorf("%d bytes came, not %d", got.Len(), want.Len())
	}
}

type broken struct{ calls int }

func (b *broken) Write([]byte) (int, error) { b.calls++; return 0, errors.New("broken") }

// After an error nothing more is written, and nothing waits.
func TestOutputBroken(t *testing.T) {
	b := &broken{}
	o := &Output{W: b, Lost: lost}
	for range 3 {
		io.WriteString(o, "line\n")
		o.Flush(0)
	}
	if b.calls != 1 {
		t.Errorf("it was written to %d times", b.calls)
	}
}
