package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

// inq returns how many bytes may be read from a descriptor.
func inq(t testing.TB, c syscall.Conn) (n uint32) {
	t.Helper()
	rc, err := c.SyscallConn()
	if err == nil {
		rc.Control(func(fd uintptr) { n, err = unix.IoctlGetUint32(int(fd), unix.TIOCINQ) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// stalled waits until nothing more comes to any of cs.
func stalled(t testing.TB, cs ...syscall.Conn) {
	t.Helper()
	was := make([]uint32, len(cs))
	still := 0
	testutil.Eventually(t, "it stands still", func() bool {
		still++
		for i, c := range cs {
			if n := inq(t, c); n != was[i] {
				was[i], still = n, 0
			}
		}
		return still > 30
	})
}

// A stall is a session both of whose sides give bytes that are not read.
type stall struct {
	name        string
	loses       bool
	relay       <-chan ending
	here, there net.Conn
	local       End
	r           *os.File // the reading end of standard output
}

func newStall(t *testing.T, network string, from source, up, down int64) *stall {
	here, there := connected(t, network)
	in, _ := stdinPipe(t)
	if up > 0 {
		in = from.open(t, up)
	}
	r, out := stdoutPipe(t)
	s := &stall{here: here, there: there, local: files(t, in, out), r: r}
	go io.Copy(struct{ io.Writer }{there}, dataOf(down))
	return s
}

func (s *stall) await(t testing.TB) {
	t.Helper()
	stalled(t, s.here.(syscall.Conn), s.there.(syscall.Conn), s.r)
}

var stallSizes = []struct {
	name     string
	up, down int64
}{
	{"idle", 0, 0},
	{"sending", 16 << 20, 0},
	{"receiving", 0, 16 << 20},
	{"both", 16 << 20, 16 << 20},
}

// stalls returns all the ways to stand still.
func stalls(t *testing.T) (all []*stall) {
	for _, network := range []string{"tcp", "unix"} {
		for _, from := range sources[:3] {
			for _, c := range stallSizes {
				s := newStall(t, network, from, c.up, c.down)
				s.name, s.loses = network+"-"+from.name+"-"+c.name, c.up+c.down > 0
				all = append(all, s)
			}
		}
	}
	return all
}

// start starts a relay for each of all.
func start(ctx context.Context, all []*stall, p Policy) {
	for _, s := range all {
		s.relay = piping(ctx, s.local, Conn(s.here), p)
	}
}

// The cause of a context ends a relay, whatever it waits for.
func TestPipeCancel(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(context.Background())
		all := stalls(t)
		start(ctx, all, Policy{})
		for _, s := range all {
			s.await(t)
		}
		cancel(cause)
		for _, s := range all {
			if end := testutil.Await(t, s.relay, s.name); end.err != cause {
				t.Errorf("%s ended with %v", s.name, end.err)
			}
		}
	})
}

// Idleness ends a relay: with ErrIdle where nothing was on its way, and with
// an error that says so where something was.
func TestPipeIdle(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		all := stalls(t)
		start(context.Background(), all, Policy{Idle: time.Second})
		for _, s := range all {
			err := testutil.Await(t, s.relay, s.name).err
			var lost *UndeliveredError
			switch {
			case !s.loses:
				if err != ErrIdle {
					t.Errorf("%s ended with %v", s.name, err)
				}
			case !errors.As(err, &lost) || !errors.Is(err, ErrIdle) || lost.Bytes < 1:
				t.Errorf("%s ended with %T %v", s.name, err, err)
			}
		}
	})
}

// A connection that has ended well, the remote first, is gone as soon as the
// last byte is acknowledged: nothing is lost that way, whenever it is asked.
func TestFlushedAndGone(t *testing.T) {
	const at = 64 // a time, for them to wait for the processor
	for range 4 {
		flushed := make(chan error, at)
		for i := range at {
			here, there := tcpPair(t)
			there.CloseWrite()
			go func() {
				flushed <- fillAndFlush(here, there, time.Duration(i)*8*time.Millisecond/at)
			}()
		}
		for range at {
			if err := <-flushed; err != nil {
				t.Error(err)
			}
		}
	}
}

// fillAndFlush half-closes here, which the remote has done, when its buffers
// are full; the remote reads after a while.
func fillAndFlush(here, there *net.TCPConn, while time.Duration) error {
	defer here.Close()
	defer there.Close()
	here.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	here.Read(make([]byte, 1)) // the remote's end is known
	for err := error(nil); err == nil; {
		_, err = here.Write(make([]byte, 1<<20))
	}
	here.CloseWrite()
	var reading sync.WaitGroup
	defer reading.Wait()
	reading.Go(func() {
		time.Sleep(while)
		io.Copy(io.Discard, struct{ io.Reader }{there})
	})
	var quit atomic.Bool
	return awaitFlushed(here, &quit, stallLimit)
}

// What is lost behind a standard output that cannot be written is reported to the
// peer as well.
func TestLossBehindOutput(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	full := writerFunc(func([]byte) (int, error) { return 0, syscall.ENOSPC })
	s := &Stdio{Local: End{R: dataOf(64 << 20), W: full}, Policy: Policy{Idle: time.Second}}
	relay := serving(context.Background(), s.Serve, here)
	stalled(t, here, there)
	io.WriteString(there, "a line")
	expectLocal(t, testutil.Await(t, relay, "the session"), "write", syscall.ENOSPC)
	if n, err := io.Copy(io.Discard, struct{ io.Reader }{there}); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer got %d bytes, and then %v", n, err)
	}
}

// A remote whose bytes wait for the reader of standard output is not silent.
func TestNotQuietWhileUnread(t *testing.T) {
	const quiet = 1500 * time.Millisecond
	bothWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		here, there := connected(t, "tcp")
		in, w := stdinPipe(t)
		w.Close()
		r, out := stdoutPipe(t)
		s := &stall{here: here, there: there, local: files(t, in, out), r: r}
		feed(there, 32<<20)
		s.relay = piping(context.Background(), s.local, Conn(here), Policy{Quiet: quiet})
		a := &arrival{wrong: -1}
		must(io.CopyN(a, r, 8<<20))
		s.await(t)
		time.Sleep(2 * quiet) // in which it must not end
		rest := testutil.Background(func() error { _, err := io.Copy(a, r); return err })
		if end := testutil.Await(t, s.relay, "the relay"); end.err != nil {
			t.Errorf("it ended with %v", end.err)
			s.local.CloseWrite()
		}
		testutil.Await(t, rest, "the rest")
		expectData(t, "standard output", *a, 32<<20)
	})
}

// A Unix peer that has ended and then goes away is noticed while stdin is
// idle. It is a failure only if it had not read everything.
func TestWatchUnixPeer(t *testing.T) {
	for _, reads := range []bool{true, false} {
		testutil.CheckLeaks(t)
		here, there := connected(t, "unix")
		in, w := stdinPipe(t)
		r, out := stdoutPipe(t)
		relay := piping(context.Background(), files(t, in, out), Conn(here), Policy{})
		must(io.WriteString(w, "up"))
		if reads {
			must(io.ReadFull(there, make([]byte, 2)))
		} else {
			testutil.Eventually(t, "it is sent", func() bool { return inq(t, there.(syscall.Conn)) == 2 })
		}
		there.(halfCloser).CloseWrite()
		must(io.ReadAll(r)) // it has seen the EOF
		there.Close()
		end := testutil.Await(t, relay, "the relay")
		if reads && end.err != nil || !reads && !errors.Is(end.err, syscall.ECONNRESET) {
			t.Errorf("the peer read %v: ended with %v", reads, end.err)
		}
	}
}
