package share

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		m := NewLines(&out)
		a, b := m.Writer(), m.Writer()
		start := time.Now()
		expect := func(want string, after time.Duration) {
			t.Helper()
			if took := time.Since(start); out.String() != want || took != after {
				t.Errorf("after %v: %q, want %q after %v", took, &out, want, after)
			}
			out.Reset()
			start = time.Now()
		}
		// The rest of a line comes before another writer's.
		io.WriteString(a, "one ")
		other := make(chan error)
		go func() { _, err := io.WriteString(b, "three\n"); other <- err }()
		synctest.Wait()
		io.WriteString(a, "two\n")
		<-other
		expect("one two\nthree\n", 0)
		// But it is not waited for long.
		io.WriteString(a, "one ")
		io.WriteString(b, "two\n")
		expect("one two\n", restWait)
		// Nor is more than so much.
		a.Write(make([]byte, restMax))
		io.WriteString(b, "x\n")
		expect(string(make([]byte, restMax))+"x\n", 0)
		// Nor is a writer that has ended.
		io.WriteString(a, "one ")
		a.End()
		io.WriteString(b, "two\n")
		expect("one two\n", 0)
		// Alone, nothing waits.
		io.WriteString(b, "one ")
		io.WriteString(b, "two ")
		expect("one two ", 0)
	})
}

// An output that fails holds up nothing.
func TestLinesError(t *testing.T) {
	broken := errors.New("broken")
	m := NewLines(writerFunc(func(p []byte) (int, error) { return 1, broken }))
	for range 3 {
		if _, err := m.Writer().Write([]byte("xx")); err != broken {
			t.Error(err)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
