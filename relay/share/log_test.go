package share

import (
	"bytes"
	"io"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// What is kept for a laggard costs little more than its bytes, however small
// the pieces that they came in.
func TestLogMemory(t *testing.T) {
	const n = 100_000
	for _, datagram := range []bool{false, true} {
		l := NewLog()
		s := l.Subscribe(datagram, func() {})
		for range n {
			l.Put(nil, []byte{1})
		}
		kept := 0
		for _, c := range l.pieces {
			kept += cap(c.b)
		}
		if kept > 16*n {
			t.Errorf("datagrams %v: %d bytes take %d", datagram, n, kept)
		}
		l.End(io.EOF)
		reads := &countReads{r: s}
		if got, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, reads, make([]byte, 10)); got != n || err != nil {
			t.Errorf("read %d bytes of %d, %v", got, n, err)
		}
		if datagram && reads.n < n {
			t.Errorf("%d datagrams came in %d reads", n, reads.n)
		}
		if len(l.pieces) > 0 {
			t.Errorf("%d chunks are left", len(l.pieces))
		}
	}
}

type countReads struct {
	r io.Reader
	n int
}

func (c *countReads) Read(p []byte) (int, error) {
	c.n++
	return c.r.Read(p)
}

// Coming and going costs one that never reads its connection, not the memory
// of the server.
func TestAnnouncementsAreBounded(t *testing.T) {
	l := NewLog()
	l.FromNow = true
	lagged := false
	s := l.Subscribe(false, func() { lagged = true })
	text := bytes.Repeat([]byte("x"), 100)
	for deadline := time.Now().Add(testutil.Timeout); !lagged && time.Now().Before(deadline); {
		l.Announce(text)
		if l.head > maxLag+maxLag/2 {
			time.Sleep(10 * time.Millisecond)
		}
	}
	for range 1000 {
		l.Announce(text)
	}
	if !lagged || !s.ended || len(l.pieces) > 0 {
		t.Errorf("lagged: %v, ended: %v, %d pieces kept", lagged, s.ended, len(l.pieces))
	}
}
