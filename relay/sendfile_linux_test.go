package relay

import (
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/zerocopy"
)

// viaSendfile has files go by the way they go on other systems.
func viaSendfile(t testing.TB) {
	was := zeroCopy
	zeroCopy = zerocopy.Sendfile
	t.Cleanup(func() { zeroCopy = was })
}

// fileWays is bothWays for what sends a file, and the third way.
func fileWays(t *testing.T, test func(*testing.T)) {
	bothWays(t, test)
	t.Run("sendfile", func(t *testing.T) {
		viaSendfile(t)
		test(t)
	})
}

func TestSendfile(t *testing.T) {
	viaSendfile(t)
	for _, network := range []string{"tcp", "unix"} {
		for _, n := range []int64{0, 1, bulkRead, bufferSize, bufferSize + 1, 8<<20 + 17} {
			c := pipeCase{network, sources[0], sinks[0], n, n}
			t.Run(c.String(), c.test)
		}
	}
}

// It is for a regular file and TCP, and for nothing else.
func TestSendfileHandles(t *testing.T) {
	viaSendfile(t)
	for _, c := range []struct {
		from, network string
		want          bool
	}{
		{"file", "tcp", true},
		{"file", "unix", false},
		{"pipe", "tcp", false},
		{"onebyte", "tcp", false},
	} {
		for _, from := range sources {
			if from.name != c.from {
				continue
			}
			here, there := connected(t, c.network)
			local := files(t, from.open(t, 1<<20), nil)
			if from.wrap != nil {
				local.R = from.wrap(local.R)
			}
			to := Conn(here)
			f := flow{from: &local, to: &to}
			go io.Copy(io.Discard, there)
			handled, rerr, werr := f.zeroCopy(make([]byte, bufferSize))
			want := int64(0)
			if c.want {
				want = 1 << 20
			}
			if handled != c.want || rerr != nil || werr != nil || f.moved.Load() != want {
				t.Errorf("%s to %s: %v, %v, %v, moved %d", c.from, c.network, handled, rerr, werr, f.moved.Load())
			}
		}
	}
}

func TestSendfileReset(t *testing.T) {
	viaSendfile(t)
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	relay := piping(context.Background(), files(t, dataFile(t, 64<<20), nil), Conn(here), Policy{})
	must(io.CopyN(io.Discard, there, 4<<20))
	reset(t, there)
	end := testutil.Await(t, relay, "the relay")
	expectReset(t, end.err)
	if end.Sent < 4<<20 {
		t.Errorf("sent %d bytes", end.Sent)
	}
}

// A peer that takes nothing is given up, and told that this was not all.
func TestSendfileStalled(t *testing.T) {
	viaSendfile(t)
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	s := &Stdio{Local: files(t, dataFile(t, 64<<20), nil), Policy: Policy{Idle: 100 * time.Millisecond}}
	err := testutil.Await(t, serving(context.Background(), s.Serve, here), "the session")
	var lost *UndeliveredError
	if !errors.As(err, &lost) || !errors.Is(err, ErrIdle) || lost.Bytes < 1 || lost.Bytes > bufferSize {
		t.Errorf("ended with %v", err)
	}
	if n, err := io.Copy(io.Discard, there); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer got %d bytes, and then %v", n, err)
	}
}

// BenchmarkSendfile measures file-tcp of BenchmarkPipe, the third way.
func BenchmarkSendfile(b *testing.B) {
	viaSendfile(b)
	moving("tcp", (benchConn).fromFile)(b)
}
