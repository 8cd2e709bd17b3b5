package share

import (
	"bytes"
	"io"
	"sync"
	"testing"
)

// Each write arrives in one piece, in spite of concurrent writes.
func TestLocked(t *testing.T) {
	var all bytes.Buffer
	w := Locked(byBytes{&all})
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range 100 {
				w.Write(bytes.Repeat([]byte{'a' + byte(i)}, 10))
			}
		})
	}
	group.Wait()
	for b := all.Bytes(); len(b) > 0; b = b[10:] {
		if bytes.Count(b[:10], b[:1]) != 10 {
			t.Fatalf("mixed: %q", b[:10])
		}
	}
}

// byBytes writes a byte at a time.
type byBytes struct{ w io.Writer }

func (w byBytes) Write(p []byte) (int, error) {
	for i := range p {
		w.w.Write(p[i : i+1])
	}
	return len(p), nil
}
