//go:build unix

package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/filter"
	"gonc/relay/tcpinfo"
)

// Nothing of what was sent is lost at the close, though the peer sends what
// is not waited for.
func TestSettle(t *testing.T) {
	const up = 5 << 20
	bothWays(t, func(t *testing.T) {
		for _, from := range sources[:3] {
			for _, p := range []Policy{{Linger: Flush}, {Linger: 50 * time.Millisecond}, {Linger: Flush, HalfClose: HalfCloseNever}} {
				t.Run(from.name, func(t *testing.T) {
					testutil.CheckLeaks(t)
					here, there := tcpPair(t)
					s := &Stdio{Local: files(t, from.open(t, up), nil), Policy: p}
					relay := serving(context.Background(), s.Serve, here)
					go chatter(there)
					a, err := arrivalOf(slowly{there})
					if err != nil && p.HalfClose != HalfCloseNever { // without, the close may be a reset, but a late one
						t.Errorf("the peer: %v", err)
					}
					expectData(t, "the peer", a, up)
					if err := testutil.Await(t, relay, "the session"); err != nil {
						t.Errorf("the session: %v", err)
					}
				})
			}
		}
	})
}

// chatter writes to c for as long as it goes.
func chatter(c net.Conn) {
	for {
		if _, err := io.WriteString(c, "and another thing\n"); err != nil {
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// slowly reads little at a time and gives way before each read.
type slowly struct{ r io.Reader }

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(50 * time.Microsecond)
	return s.r.Read(p[:min(len(p), 64<<10)])
}

// A peer that takes nothing any more is an error, in bounded time if there is
// a bound. What it was sent is not taken back.
func TestUndelivered(t *testing.T) {
	for _, p := range []Policy{{Linger: Flush, Idle: 100 * time.Millisecond}, {Linger: time.Millisecond, Idle: 100 * time.Millisecond}} {
		t.Run(p.Linger.String(), func(t *testing.T) {
			testutil.CheckLeaks(t)
			here, there := tcpPair(t)
			if _, known := tcpinfo.UnackedBytes(here); !known {
				t.Skip("what was acknowledged is unknown on this system")
			}
			here.SetWriteBuffer(1 << 20)
			s := &Stdio{Local: End{R: dataOf(300 << 10)}, Policy: p}
			err := testutil.Await(t, serving(context.Background(), s.Serve, here), "the session")
			var lost *UndeliveredError
			if !errors.As(err, &lost) || lost.Bytes < 1 || lost.Bytes > 300<<10 {
				t.Errorf("ended with %v", err)
			}
			a, err := arrivalOf(there)
			if err != nil {
				t.Errorf("the peer: %v", err)
			}
			expectData(t, "the peer", a, 300<<10)
		})
	}
}

// How long a peer may acknowledge nothing at the close.
func TestPatience(t *testing.T) {
	full := &LocalError{Op: "write", Err: syscall.ENOSPC}
	for _, c := range []struct {
		p    Policy
		err  error
		want time.Duration
	}{
		{Policy{}, nil, 0},
		{Policy{Linger: Flush}, nil, 0},
		{Policy{Linger: Flush, Idle: time.Minute}, nil, time.Minute},
		{Policy{Idle: time.Second}, ErrIdle, time.Second},
		{Policy{Linger: time.Hour}, nil, stallLimit},
		{Policy{Linger: time.Hour, Idle: time.Minute}, nil, stallLimit},
		{Policy{Linger: time.Hour, Idle: time.Second}, nil, time.Second},
		{Policy{}, full, stallLimit},
		{Policy{Idle: time.Second}, full, time.Second},
	} {
		if got := c.p.ackTimeout(c.err); got != c.want {
			t.Errorf("%+v, %v: %v, want %v", c.p, c.err, got, c.want)
		}
	}
}

// A slow peer is not idle for as long as it takes something, though no write
// returns for longer than that.
func TestIdleSlowPeer(t *testing.T) {
	const limit = 2500 * time.Millisecond // for which the test itself may stand still
	bothWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		for _, from := range sources[:2] {
			t.Run(from.name, func(t *testing.T) {
				t.Parallel()
				here, there := tcpPair(t)
				if _, _, known := tcpinfo.AckedBytes(here); !known {
					t.Skip("what was acknowledged is unknown on this system")
				}
				here.SetWriteBuffer(1 << 20)
				there.CloseWrite()
				s := &Stdio{Local: files(t, from.open(t, 16<<20), nil), Policy: Policy{Idle: limit}}
				relay := serving(context.Background(), s.Serve, here)
				a := &arrival{wrong: -1}
				for begin := time.Now(); time.Since(begin) < 3*limit/2; time.Sleep(limit / 50) {
					must(io.CopyN(a, there, 16<<10))
				}
				must(io.Copy(a, struct{ io.Reader }{there}))
				if err := testutil.Await(t, relay, "the session"); err != nil {
					t.Errorf("ended with %v", err)
				}
				expectData(t, "the peer", *a, 16<<20)
			})
		}
	})
}

// A slow reader of standard output is none either.
func TestIdleSlowReader(t *testing.T) {
	const limit = 2 * time.Second
	bothWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		here, there := tcpPair(t)
		r, out := stdoutPipe(t)
		feed(there, 1<<20)
		relay := piping(context.Background(), files(t, nil, out), Conn(here), Policy{Idle: limit})
		a := &arrival{wrong: -1}
		for begin := time.Now(); time.Since(begin) < 3*limit/2; time.Sleep(limit / 20) {
			must(io.CopyN(a, r, 4<<10))
		}
		must(io.CopyN(a, r, 1<<20-a.n))
		expectTotals(t, testutil.Await(t, relay, "the relay"), 0, 1<<20)
		expectData(t, "standard output", *a, 1<<20)
	})
}

// A peer learns that what it sends is not read any more: it is reset, and
// has what it was sent before.
func TestRefusedIsReset(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	full := writerFunc(func([]byte) (int, error) { return 0, syscall.ENOSPC })
	in, w := stdinPipe(t)
	s := &Stdio{Local: files(t, in, nil)}
	s.Local.W = full
	relay := serving(context.Background(), s.Serve, here)
	io.WriteString(w, "hello")
	must(io.CopyN(io.Discard, there, 5))
	io.WriteString(there, "a line")
	expectLocal(t, testutil.Await(t, relay, "the session"), "write", syscall.ENOSPC)
	if n, err := io.Copy(io.Discard, struct{ io.Reader }{there}); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer got %d bytes more, and then %v", n, err)
	}
}

// A remote that has ended and is then reset acknowledges nothing any more; no
// read says so, and it is not waited for.
func TestSettleResetAfterEnd(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	if _, known := tcpinfo.UnackedBytes(here); !known {
		t.Skip("what was acknowledged is unknown on this system")
	}
	there.SetReadBuffer(4 << 10)
	here.SetWriteBuffer(1 << 20)
	must(here.Write(bytesOf(40 << 10)))
	there.CloseWrite()
	must(io.Copy(io.Discard, struct{ io.Reader }{here}))
	begin := time.Now()
	settled := testutil.Background(func() error { return lingeringClose(context.Background(), here, 0) })
	reset(t, there)
	var lost *UndeliveredError
	if err := testutil.Await(t, settled, "the end"); !errors.As(err, &lost) {
		t.Errorf("ended with %v", err)
	}
	if took := time.Since(begin); took > stallLimit*4/5 {
		t.Errorf("took %v", took)
	}
}

// A reset that meets bytes which were not acknowledged is an error; one after
// everything was is none.
func TestSettleReset(t *testing.T) {
	for _, c := range []struct {
		name string
		read int64
		lost bool
	}{{"nothing read", 0, true}, {"some read", 1 << 10, true}, {"all read", 40 << 10, false}} {
		t.Run(c.name, func(t *testing.T) {
			testutil.CheckLeaks(t)
			here, there := tcpPair(t)
			if _, known := tcpinfo.UnackedBytes(here); !known {
				t.Skip("what was acknowledged is unknown on this system")
			}
			there.SetReadBuffer(4 << 10)
			here.SetWriteBuffer(1 << 20)
			must(here.Write(bytesOf(40 << 10)))
			settled := testutil.Background(func() error { return lingeringClose(context.Background(), here, 0) })
			must(io.CopyN(io.Discard, there, c.read))
			if !c.lost {
				queued(t, here)
			}
			reset(t, there)
			err := testutil.Await(t, settled, "the end")
			var lost *UndeliveredError
			if errors.As(err, &lost) != c.lost {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// A session that was told to end does not settle.
func TestSettleCancel(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		testutil.CheckLeaks(t)
		ctx, cancel := context.WithCancel(context.Background())
		here, _ := connected(t, network)
		ended := testutil.Background(func() error { return lingeringClose(ctx, here, 0) })
		cancel()
		testutil.Await(t, ended, "the end")
	}
}

// Linger ends a session that the peer leaves open, and says so to OnEnd.
func TestLinger(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, p := range []Policy{{Linger: Flush}, {Linger: 20 * time.Millisecond}, {Quiet: 20 * time.Millisecond}, {Linger: Flush, HalfClose: HalfCloseNever}} {
			t.Run(network, func(t *testing.T) {
				testutil.CheckLeaks(t)
				here, there := connected(t, network)
				var totals Totals
				s := &Stdio{Local: End{R: strings.NewReader("up")}, Policy: p, OnEnd: func(_ net.Addr, x Totals) { totals = x }}
				relay := serving(context.Background(), s.Serve, here)
				if b, err := io.ReadAll(there); err != nil || string(b) != "up" {
					t.Errorf("the peer got %q, %v", b, err)
				}
				if err := testutil.Await(t, relay, "the session"); err != nil {
					t.Errorf("ended with %v", err)
				}
				if totals.Sent != 2 || totals.Received != 0 {
					t.Errorf("totals are %+v", totals)
				}
			})
		}
	}
}

// While it lingers the relay receives.
func TestLingerReceives(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	var got bytes.Buffer
	s := &Stdio{Local: End{R: strings.NewReader("up"), W: &got}, Policy: Policy{Linger: testutil.Timeout}}
	relay := serving(context.Background(), s.Serve, here)
	must(io.ReadAll(there))
	must(io.WriteString(there, "down"))
	there.Close()
	if err := testutil.Await(t, relay, "the session"); err != nil || got.String() != "down" {
		t.Errorf("got %q, %v", &got, err)
	}
}

// Remote wraps the connection.
func TestStdioRemote(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	var got bytes.Buffer
	s := &Stdio{
		Local:  End{W: &got},
		Remote: func(c net.Conn) End { e := Conn(c); e.R = filter.LimitReads(c, 1); return e },
	}
	relay := serving(context.Background(), s.Serve, here)
	must(io.WriteString(there, "one"))
	there.SetReadDeadline(time.Now().Add(testutil.Timeout))
	must(io.ReadAll(there))
	if err := testutil.Await(t, relay, "the session"); err != nil || got.String() != "one" {
		t.Errorf("got %q, %v", &got, err)
	}
}

// A peer that did not get everything sees a reset, not an ordinary EOF.
func TestLossIsReset(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	s := &Stdio{Local: End{R: dataOf(64 << 20)}, Policy: Policy{Idle: 50 * time.Millisecond}}
	relay := serving(context.Background(), s.Serve, here)
	var lost *UndeliveredError
	if err := testutil.Await(t, relay, "the session"); !errors.As(err, &lost) {
		t.Errorf("ended with %v", err)
	}
	if n, err := io.Copy(io.Discard, there); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer got %d bytes, and then %v", n, err)
	}
}
