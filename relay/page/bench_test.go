package page

import (
	"context"
	"io"
	"net"
	"testing"

	"gonc/internal/testutil"

	"gonc/internal/http1"
)

func BenchmarkKeepAlive(b *testing.B) {
	c := dial(b, serve(b, &Page{}))
	answer := make([]byte, len(ask(b, c)))
	asked := []byte(request)
	b.ReportAllocs()
	for b.Loop() {
		c.Write(asked)
		if _, err := io.ReadFull(c, answer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	long := []byte("GET /index.html HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) " +
		"AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r\nAccept: text/html,application/xhtml+xml," +
		"application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nConnection: keep-alive\r\n\r\n")
	b.ReportAllocs()
	b.SetBytes(int64(len(long)))
	for b.Loop() {
		h := http1.Head{}
		if done, status := h.Parse(long); !done || status != 0 {
			b.Fatal(status)
		}
	}
}

// ask sends a request and returns the answer.
func ask(t testing.TB, c net.Conn) []byte {
	t.Helper()
	io.WriteString(c, request)
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

func TestAllocs(t *testing.T) {
	if testutil.RaceEnabled {
		t.Skip("under the race detector a sync.Pool forgets on purpose")
	}
	c := dial(t, serve(t, &Page{}))
	answer := make([]byte, len(ask(t, c)))
	asked := []byte(request)
	n := testing.AllocsPerRun(2000, func() {
		c.Write(asked)
		io.ReadFull(c, answer)
	})
	if n > 0 { // rounded down: the Date of a new second is no allocation a request
		t.Errorf("%v allocations a request", n)
	}
}

// TestAllocsPlain tests the same for a connection without a descriptor. Two
// of net.Pipe's own deadlines are armed a second, not one a request.
func TestAllocsPlain(t *testing.T) {
	if testutil.RaceEnabled {
		t.Skip("under the race detector a sync.Pool forgets on purpose")
	}
	c, ended := servePipe(context.Background(), &Page{})
	answer := make([]byte, len(ask(t, c)))
	asked := []byte(request)
	n := testing.AllocsPerRun(2000, func() {
		c.Write(asked)
		io.ReadFull(c, answer)
	})
	if n > 0 {
		t.Errorf("%v allocations a request", n)
	}
	c.Close()
	<-ended
}
