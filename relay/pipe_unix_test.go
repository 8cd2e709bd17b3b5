//go:build unix

package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/tcpinfo"
)

// What was queued before a reset is delivered, and the reset is the error.
func TestPipeReset(t *testing.T) {
	const n = 60000
	bothWays(t, func(t *testing.T) {
		for _, to := range sinks {
			t.Run(to.name, func(t *testing.T) {
				testutil.CheckLeaks(t)
				here, there := tcpPair(t)
				in, _ := stdinPipe(t)
				out, got := to.open(t)
				local := files(t, in, out)
				must(io.Copy(there, dataOf(n)))
				queued(t, there)
				reset(t, there)
				end := testutil.Await(t, piping(context.Background(), local, Conn(here), Policy{}), "the relay")
				expectReset(t, end.err)
				if end.Received != n {
					t.Errorf("received %d bytes", end.Received)
				}
				if got != nil {
					expectData(t, "standard output", got(), n)
				}
			})
		}
	})
}

// queued waits until the other side has what was written to c.
func queued(t testing.TB, c net.Conn) {
	t.Helper()
	if _, known := tcpinfo.UnackedBytes(c); !known {
		t.Skip("what was acknowledged is unknown on this system")
	}
	testutil.Eventually(t, "all is acknowledged", func() bool { n, _ := tcpinfo.UnackedBytes(c); return n == 0 })
}

func expectReset(t testing.TB, err error) {
	t.Helper()
	var oe *net.OpError
	if !errors.As(err, &oe) || !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("not a reset as net has it: %T %v", err, err)
	}
}

// A reset in the middle of sending is the error.
func TestPipeResetWhileSending(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		for _, from := range sources[:3] {
			t.Run(from.name, func(t *testing.T) {
				testutil.CheckLeaks(t)
				here, there := tcpPair(t)
				local := files(t, from.open(t, 64<<20), nil)
				relay := piping(context.Background(), local, Conn(here), Policy{})
				must(io.CopyN(io.Discard, there, 4<<20))
				reset(t, there)
				end := testutil.Await(t, relay, "the relay")
				expectReset(t, end.err)
				if end.Sent < 4<<20 {
					t.Errorf("sent %d bytes", end.Sent)
				}
			})
		}
	})
}

// A reader of standard output that goes away ends the relay.
func TestPipeReaderGone(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		for _, c := range []struct {
			name string
			open func(*testing.T) (out *os.File, r io.ReadCloser)
			read int64
		}{
			{"pipe at once", openStdoutPipe, 0},
			{"pipe in the middle", openStdoutPipe, 1 << 20},
			{"socket in the middle", openStdoutSocket, 1 << 20},
		} {
			t.Run(c.name, func(t *testing.T) {
				testutil.CheckLeaks(t)
				here, there := tcpPair(t)
				out, r := c.open(t)
				if c.read == 0 {
					r.Close()
				}
				relay := piping(context.Background(), files(t, nil, out), Conn(here), Policy{})
				sender := peering(there, 64<<20, 0) // a pipe of 256 pages holds 8 MiB of large ones
				io.CopyN(io.Discard, r, c.read)
				r.Close()
				end := testutil.Await(t, relay, "the relay")
				expectLocal(t, end.err, "write", syscall.EPIPE)
				here.Close()
				testutil.Await(t, sender, "the peer")
			})
		}
	})
}

func openStdoutPipe(t *testing.T) (*os.File, io.ReadCloser) {
	r, out := stdoutPipe(t)
	return out, r
}

func openStdoutSocket(t *testing.T) (*os.File, io.ReadCloser) {
	out, c := stdioSocket(t)
	return out, c
}

// A standard input that fails is an error. What it gave before arrives, and a
// reset tells the peer that this was not all.
func TestReadError(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	broken := errors.New("broken")
	s := &Stdio{Local: End{R: io.MultiReader(dataOf(100_000), iotest.ErrReader(broken))}}
	program := peering(there, 10, 0)
	expectLocal(t, testutil.Await(t, serving(context.Background(), s.Serve, here), "the session"), "read", broken)
	p := testutil.Await(t, program, "the peer")
	if !errors.Is(errors.Join(p.err, p.sent), syscall.ECONNRESET) { // it is reported once, to a read or a write
		t.Errorf("the peer: sending: %v; receiving: %v", p.sent, p.err)
	}
	expectData(t, "the peer", p.got, 100_000)
}

// A reader that never gives anything is given up.
func TestPipeNoProgress(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	program := peering(there, 0, 0)
	end := testutil.Await(t, piping(context.Background(), End{R: lazy{}}, Conn(here), Policy{}), "the relay")
	expectLocal(t, end.err, "read", io.ErrNoProgress)
	here.Close()
	testutil.Await(t, program, "the peer")
}

// A writer that takes less than it is given loses nothing in silence.
func TestPipeShortWrite(t *testing.T) {
	here, there := tcpPair(t)
	program := peering(there, 100, 0)
	end := testutil.Await(t, piping(context.Background(), End{W: lazyWriter{}}, Conn(here), Policy{}), "the relay")
	expectLocal(t, end.err, "write", io.ErrShortWrite)
	here.Close()
	testutil.Await(t, program, "the peer")
}

// Ends that were made without any of the functions of the package.
func TestPipeForeignEnds(t *testing.T) {
	testutil.CheckLeaks(t)
	for _, c := range []struct{ local, remote string }{{"up", "down"}, {"", "down"}, {"up", ""}, {"", ""}} {
		var sent, received bytes.Buffer
		local := End{R: strings.NewReader(c.local), W: &received}
		remote := End{R: strings.NewReader(c.remote), W: &sent}
		end := testutil.Await(t, piping(context.Background(), local, remote, Policy{}), "the relay")
		expectTotals(t, end, int64(len(c.local)), int64(len(c.remote)))
		if sent.String() != c.local || received.String() != c.remote {
			t.Errorf("%v: got %q and %q", c, &sent, &received)
		}
	}
	var sent bytes.Buffer
	end := testutil.Await(t, piping(context.Background(), End{R: strings.NewReader("up")}, End{W: &sent}, Policy{}), "the relay that only sends")
	expectTotals(t, end, 2, 0)
}

// No side is written to where nothing is to be written, and still counted.
func TestPipeDropped(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	program := peering(there, 1<<20, 0)
	end := testutil.Await(t, piping(context.Background(), End{R: strings.NewReader("x")}, Conn(here), Policy{}), "the relay")
	expectTotals(t, end, 1, 1<<20)
	expectPeerError(t, testutil.Await(t, program, "the peer"))
}

func expectPeerError(t testing.TB, p peer) {
	t.Helper()
	if p.sent != nil || p.err != nil {
		t.Errorf("the peer: sending: %v; receiving: %v", p.sent, p.err)
	}
}

// The remote's side sees an EOF when local ends, unless it is not to.
func TestPipeHalfClose(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			testutil.CheckLeaks(t)
			here, there := connected(t, network)
			var got bytes.Buffer
			relay := piping(context.Background(), End{R: strings.NewReader("up"), W: &got}, Conn(here), Policy{})
			there.SetDeadline(time.Now().Add(testutil.Timeout))
			if b, err := io.ReadAll(there); err != nil || string(b) != "up" {
				t.Errorf("the peer got %q, %v", b, err)
			}
			must(io.WriteString(there, "down"))
			there.Close()
			expectTotals(t, testutil.Await(t, relay, "the relay"), 2, 4)
			if got.String() != "down" {
				t.Errorf("got %q", &got)
			}
		})
	}
}

func TestPipeNoHalfClose(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	relay := piping(context.Background(), End{R: strings.NewReader("up")}, Conn(here), Policy{HalfClose: HalfCloseNever})
	must(io.ReadFull(there, make([]byte, 2)))
	there.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := there.Read(make([]byte, 1)); !interrupted(err) {
		t.Errorf("after local's end the peer read %v", err)
	}
	there.Close()
	expectTotals(t, testutil.Await(t, relay, "the relay"), 2, 0)
}

// When all is over the exit closes standard output, but not before: not while
// something is still to be sent, and not a file, whose close may fail.
func TestExitCloses(t *testing.T) {
	kinds := map[string]func(*testing.T) *os.File{
		"pipe": func(t *testing.T) *os.File { _, out := stdoutPipe(t); return out },
		"file": func(t *testing.T) *os.File { return tempFile(t, 0) },
	}
	for _, c := range []struct {
		out     string
		sending bool
		want    bool // that the relay closes it
	}{{"pipe", false, false}, {"pipe", true, true}, {"file", false, true}, {"file", true, true}} {
		t.Run(fmt.Sprintf("%s, sending %v", c.out, c.sending), func(t *testing.T) {
			testutil.CheckLeaks(t)
			here, there := tcpPair(t)
			if _, known := tcpinfo.UnackedBytes(here); !known {
				t.Skip("unknown on this system")
			}
			in, w := stdinPipe(t)
			out := kinds[c.out](t)
			local := Files(in, out)
			t.Cleanup(local.release)
			closed := make(chan struct{})
			closeWrite := local.CloseWrite
			local.CloseWrite = func() error { close(closed); return closeWrite() }
			relay := piping(context.Background(), local, Conn(here), Policy{})
			if c.sending {
				there.CloseWrite()
				testutil.Await(t, closed, "the end of standard output")
			}
			w.Close()
			must(io.ReadAll(there))
			queued(t, here)
			there.Close()
			expectTotals(t, testutil.Await(t, relay, "the relay"), 0, 0)
			select {
			case <-closed:
				if !c.want {
					t.Error("it was closed")
				}
			default:
				if c.want {
					t.Error("it was not closed")
				}
			}
		})
	}
}
