//go:build unix

package relay

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/tcpinfo"
)

// What the relay does with standard input when the remote has ended.
func TestAtRemoteEOF(t *testing.T) {
	const up = 1 << 20
	idle := func(t *testing.T) *os.File { in, _ := stdinPipe(t); return in }
	ready := func(t *testing.T) *os.File {
		in := sourcePipe(t, up)
		testutil.Eventually(t, "the pipe is ready", func() bool { return files(t, in, nil).src.ready() })
		return in
	}
	file := func(t *testing.T) *os.File { return dataFile(t, up) }
	empty := func(t *testing.T) *os.File { return dataFile(t, 0) }
	for _, c := range []struct {
		name string
		in   func(*testing.T) *os.File
		at   AtRemoteEOF
		down int64
		sent int64 // what the peer gets; -1: some of it
	}{
		{"finish, idle pipe", idle, Finish, 0, 0},
		{"finish, empty file", empty, Finish, 1, 0},
		{"finish, file", file, Finish, 1, -1},
		{"finish, ready pipe", ready, Finish, 1, -1},
		{"idle, idle pipe", idle, FinishIfIdle, 1, 0},
		{"idle, idle pipe, much", idle, FinishIfIdle, 1 << 20, 0},
		{"idle, ready pipe", ready, FinishIfIdle, 1, up},
		{"idle, file", file, FinishIfIdle, 1, up},
		{"idle, empty file", empty, FinishIfIdle, 1, 0},
		{"idle, file, nothing received", file, FinishIfIdle, 0, up},
		{"keep, file", file, KeepSending, 1, up},
		{"keep, ready pipe", ready, KeepSending, 0, up},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T) {
				testutil.CheckLeaks(t)
				here, there := tcpPair(t)
				in := c.in(t)
				out := stdoutNull(t)
				program := peering(there, c.down, 0)
				end := testutil.Await(t, piping(context.Background(), files(t, in, out), Conn(here), Policy{AtRemoteEOF: c.at}), "the relay")
				here.Close()
				p := testutil.Await(t, program, "the peer")
				if c.sent >= 0 {
					expectTotals(t, end, c.sent, c.down)
					expectPeer(t, p, c.sent)
				} else if p.got.wrong >= 0 || p.got.n != end.Sent || end.Sent == 0 {
					t.Errorf("the peer got %v, sent was %d", p.got, end.Sent)
				}
			})
		})
	}
}

// A peer that has sent all and ended before the relay begins still gets what
// waits in a pipe on standard input.
func TestFinishFirstBytes(t *testing.T) {
	testutil.CheckLeaks(t)
	for range 50 {
		here, there := tcpPair(t)
		in, w := stdinPipe(t)
		must(io.WriteString(w, "pong"))
		must(io.WriteString(there, "ping"))
		there.CloseWrite()
		relay := piping(context.Background(), files(t, in, stdoutNull(t)), Conn(here), Policy{AtRemoteEOF: Finish})
		there.SetReadDeadline(time.Now().Add(testutil.Timeout))
		expectTotals(t, testutil.Await(t, relay, "the relay"), 4, 4)
		here.Close()
		if b, err := io.ReadAll(there); err != nil || string(b) != "pong" {
			t.Fatalf("the peer got %q, %v", b, err)
		}
	}
}

func stdoutNull(t testing.TB) *os.File {
	f := must(os.OpenFile(os.DevNull, os.O_WRONLY, 0))
	t.Cleanup(func() { f.Close() })
	return f
}

// An idle pipe is kept where the remote has said nothing, or the policy is to
// keep sending: what comes later is sent, and standard output has ended.
func TestKeepSending(t *testing.T) {
	for _, at := range []AtRemoteEOF{KeepSending, FinishIfIdle} {
		testutil.CheckLeaks(t)
		here, there := tcpPair(t)
		in, w := stdinPipe(t)
		r, out := stdoutPipe(t)
		relay := piping(context.Background(), files(t, in, out), Conn(here), Policy{AtRemoteEOF: at})
		there.CloseWrite()
		if b, err := io.ReadAll(r); err != nil || len(b) > 0 {
			t.Errorf("standard output: %q, %v", b, err)
		}
		must(io.WriteString(w, "late"))
		w.Close()
		there.SetReadDeadline(time.Now().Add(testutil.Timeout))
		if b, err := io.ReadAll(there); err != nil || string(b) != "late" {
			t.Errorf("the peer got %q, %v", b, err)
		}
		expectTotals(t, testutil.Await(t, relay, "the relay"), 4, 0)
	}
}

// A pipe that has given something is not idle, though it gives nothing now.
func TestKeepSendingAfterPause(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	in, w := stdinPipe(t)
	r, out := stdoutPipe(t)
	relay := piping(context.Background(), files(t, in, out), Conn(here), Policy{AtRemoteEOF: FinishIfIdle})
	must(io.WriteString(w, "one"))
	must(io.ReadFull(there, make([]byte, 3)))
	must(io.WriteString(there, "x"))
	there.CloseWrite()
	must(io.ReadAll(r))
	must(io.WriteString(w, "two"))
	w.Close()
	if b, err := io.ReadAll(there); err != nil || string(b) != "two" {
		t.Errorf("the peer got %q, %v", b, err)
	}
	expectTotals(t, testutil.Await(t, relay, "the relay"), 6, 1)
}

// A remote that has ended and then resets is noticed while stdin is idle.
func TestWatchRemote(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	if _, known := tcpinfo.UnackedBytes(here); !known {
		t.Skip("unknown on this system")
	}
	in, _ := stdinPipe(t)
	r, out := stdoutPipe(t)
	relay := piping(context.Background(), files(t, in, out), Conn(here), Policy{})
	there.CloseWrite()
	must(io.ReadAll(r)) // it has seen the EOF
	reset(t, there)
	expectReset(t, testutil.Await(t, relay, "the relay").err)
}
