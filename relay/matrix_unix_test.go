//go:build unix

package relay

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"gonc/internal/testutil"
)

// A source is a standard input that gives n bytes.
type source struct {
	name string
	open func(t *testing.T, n int64) *os.File
	wrap func(io.Reader) io.Reader
	most int64 // of bytes that it is good for; 0: any number
}

var sources = []source{
	{name: "file", open: func(t *testing.T, n int64) *os.File { return dataFile(t, n) }},
	{name: "pipe", open: sourcePipe},
	{name: "socket", open: sourceSocket},
	{name: "half", open: sourcePipe, wrap: iotest.HalfReader},
	{name: "dataerr", open: sourcePipe, wrap: iotest.DataErrReader},
	{name: "onebyte", open: sourcePipe, wrap: iotest.OneByteReader, most: 2000},
}

func sourcePipe(t *testing.T, n int64) *os.File {
	in, w := stdinPipe(t)
	feed(w, n)
	return in
}

func sourceSocket(t *testing.T, n int64) *os.File {
	in, c := stdioSocket(t)
	feed(c, n)
	return in
}

// A sink is a standard output. got waits for its end and returns what it got;
// nil: unknown.
type sink struct {
	name string
	open func(t *testing.T) (out *os.File, got func() arrival)
}

var sinks = []sink{
	{"file", func(t *testing.T) (*os.File, func() arrival) { return sinkFile(t, 0) }},
	{"append", func(t *testing.T) (*os.File, func() arrival) { return sinkFile(t, os.O_APPEND) }},
	{"pipe", sinkPipe},
	{"socket", sinkSocket},
	{"null", func(t *testing.T) (*os.File, func() arrival) {
		f := must(os.OpenFile(os.DevNull, os.O_WRONLY, 0))
		t.Cleanup(func() { f.Close() })
		return f, nil
	}},
}

func sinkFile(t *testing.T, flags int) (*os.File, func() arrival) {
	const before = 1000
	f := tempFile(t, flags)
	must(f.Write(make([]byte, before)))
	name := f.Name()
	return f, func() arrival {
		f := must(os.Open(name))
		defer f.Close()
		must(f.Seek(before, io.SeekStart))
		return must(arrivalOf(f))
	}
}

func sinkPipe(t *testing.T) (*os.File, func() arrival) {
	r, out := stdoutPipe(t)
	return out, sinkReader(t, r)
}

func sinkSocket(t *testing.T) (*os.File, func() arrival) {
	out, c := stdioSocket(t)
	return out, sinkReader(t, c)
}

func sinkReader(t *testing.T, r io.Reader) func() arrival {
	got := testutil.Background(func() arrival { return must(arrivalOf(r)) })
	return func() arrival { return testutil.Await(t, got, "the end of standard output") }
}

// TestPipe moves the same bytes both ways at once, between every kind of
// standard input and output and every kind of connection.
func TestPipe(t *testing.T) {
	sizes := []int64{0, 1, bulkRead - 1, bufferSize + 1, 1<<20 + 17}
	bothWays(t, func(t *testing.T) {
		for _, network := range []string{"tcp", "unix", "pipe", "tls"} {
			for _, from := range sources {
				for _, to := range sinks {
					for _, n := range sizes {
						c := pipeCase{network, from, to, n, n}
						t.Run(c.String(), c.test)
					}
				}
			}
		}
	})
}

// TestPipeOneSided has one side end at once, with nothing.
func TestPipeOneSided(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		for _, from := range sources[:3] {
			for _, to := range sinks[:4] {
				for _, c := range []pipeCase{{"tcp", from, to, 0, 3 << 20}, {"tcp", from, to, 3 << 20, 0}} {
					t.Run(c.String(), c.test)
				}
			}
		}
	})
}

// TestPipeBulk tests the size of real transfers.
func TestPipeBulk(t *testing.T) {
	n := int64(256 << 20)
	switch {
	case os.Getenv("GONC_TEST_BULK") != "":
		n = 2 << 30
	case testing.Short(), testutil.RaceEnabled:
		n = 16 << 20
	}
	bothWays(t, func(t *testing.T) {
		for i, c := range []pipeCase{
			{"tcp", sources[0], sinks[0], n, n},
			{"tcp", sources[1], sinks[2], n, n},
			{"unix", sources[1], sinks[0], n, n},
			{"tls", sources[0], sinks[2], n, n},
		} {
			if i == 0 || !testing.Short() {
				t.Run(c.String(), c.test)
			}
		}
	})
}

type pipeCase struct {
	network  string
	from     source
	to       sink
	up, down int64
}

func (c pipeCase) String() string {
	return fmt.Sprintf("%s-%s-%s-%d-%d", c.from.name, c.network, c.to.name, c.up, c.down)
}

func (c pipeCase) test(t *testing.T) {
	if c.from.most > 0 {
		c.up = min(c.up, c.from.most)
	}
	testutil.CheckLeaks(t)
	here, there := kindOfConn(t, c.network)
	in := c.from.open(t, c.up)
	out, got := c.to.open(t)
	local := files(t, in, out)
	if c.from.wrap != nil {
		local.R = c.from.wrap(local.R)
	}
	program := peering(there, c.down, c.up)
	relay := testutil.Await(t, piping(context.Background(), local, Conn(here), Policy{}), "the relay")
	here.Close()
	expectPeer(t, testutil.Await(t, program, "the peer"), c.up)
	expectTotals(t, relay, c.up, c.down)
	if got != nil {
		expectData(t, "standard output", got(), c.down)
	}
}
