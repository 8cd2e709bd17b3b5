package relay

import (
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Every test that moves more than this has it gathered.
func init() { gatherFirst = 128 << 10 }

// A stream may pause at any byte, and what came until then is had.
func TestGatherPause(t *testing.T) {
	checkLeaks(t)
	for _, to := range []string{"pipe", "file"} {
		t.Run(to, func(t *testing.T) {
			here, there := tcpPair(t)
			out, follow := followed(t, to)
			relay := piping(context.Background(), files(t, nil, out), Conn(here), Policy{})
			total := int64(0)
			for round := range int64(40) {
				n := round*gatherFirst + 17
				must(io.Copy(struct{ io.Writer }{there}, &data{at: total, n: total + n}))
				total += n
				follow(total)
			}
			there.Close()
			expectTotals(t, await(t, relay, "the relay"), 0, total)
		})
	}
}

// So may what is left to fill a pipe.
func TestFillPause(t *testing.T) {
	checkLeaks(t)
	here, there := tcpPair(t)
	in, w := stdinPipe(t)
	relay := piping(context.Background(), files(t, in, nil), Conn(here), Policy{})
	got := arrival{wrong: -1}
	there.SetReadDeadline(time.Now().Add(patience))
	for round := range int64(40) {
		n := round*gatherFirst/4 + 17
		must(io.Copy(w, &data{at: got.n, n: got.n + n}))
		if _, err := io.CopyN(&got, there, n); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	total := got.n
	if rest := must(arrivalOf(there)); rest.n != 0 {
		t.Errorf("%d bytes more", rest.n)
	}
	expectData(t, "the peer", got, total)
	there.Close()
	expectTotals(t, await(t, relay, "the relay"), total, 0)
}

// Only a large pipe is left to fill: in a small one its writer would wait.
func TestFillSmall(t *testing.T) {
	for _, size := range []int{gatherSize, 2 * gatherSize} {
		in, w := stdinPipe(t)
		must(unix.FcntlInt(in.Fd(), unix.F_SETPIPE_SZ, size))
		if fills(&desc{kind: descPipe, fd: int(in.Fd())}) != (size == 2*gatherSize) {
			t.Errorf("a pipe of %d bytes", size)
		}
		w.Close()
	}
}

// followed is a standard output, and what waits until n bytes have come there.
func followed(t *testing.T, kind string) (out *os.File, follow func(n int64)) {
	if kind == "file" {
		f := tempFile(t, 0)
		return f, func(n int64) {
			eventually(t, "all has come", func() bool { return must(f.Stat()).Size() == n })
		}
	}
	r, out := stdoutPipe(t)
	got := arrival{wrong: -1}
	return out, func(n int64) {
		r.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.CopyN(&got, r, n-got.n); err != nil {
			t.Fatal(err)
		}
		expectData(t, "standard output", got, n)
	}
}

// A relay is stopped, reset or ended while it gathers, and knows it at once.
func TestGatherEnd(t *testing.T) {
	ends := map[string]func(t *testing.T, stop func(), there net.Conn){
		"stop":  func(_ *testing.T, stop func(), _ net.Conn) { stop() },
		"reset": func(t *testing.T, _ func(), there net.Conn) { reset(t, there) },
		"end":   func(_ *testing.T, _ func(), there net.Conn) { there.Close() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			checkLeaks(t)
			for round := range 60 {
				here, there := tcpPair(t)
				ctx, stop := context.WithCancel(context.Background())
				relay := piping(ctx, files(t, nil, stdoutNull(t)), Conn(here), Policy{})
				must(io.Copy(struct{ io.Writer }{there}, dataOf(2*gatherFirst+int64(round))))
				pause := time.NewTimer(time.Duration(round) * gatherWait / 20) // before, in and after the wait
				<-pause.C
				end(t, stop, there)
				got := await(t, relay, "the relay")
				stop()
				if name == "end" {
					expectTotals(t, got, 0, 2*gatherFirst+int64(round))
				} else if got.err == nil {
					t.Error("it ended well")
				}
				here.Close()
				there.Close()
			}
		})
	}
}

// What is set on the socket, and how much has to come until it is tried again.
func TestGatherer(t *testing.T) {
	here, _ := tcpPair(t)
	g := newGatherer(here, descOf(here))
	expect := func(step string, on bool, due int64) {
		t.Helper()
		want := 1
		if on {
			want = gatherSize
		}
		lowat, err := unix.GetsockoptInt(g.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT)
		if g.on != on || g.due != due || lowat != want || err != nil {
			t.Errorf("%s: on %v, due %d, low-water mark %d, %v", step, g.on, g.due, lowat, err)
		}
	}
	g.arm()
	expect("nothing came", false, gatherFirst)
	for due := gatherFirst; due < gatherLast; due = min(2*due, gatherLast) {
		g.came = due
		g.arm()
		expect("enough came", true, due)
		g.stop()
		expect("it paused at once", false, min(2*due, gatherLast))
	}
	g.came = g.due
	g.arm()
	g.came = g.due
	g.stop()
	expect("it paused late", false, gatherFirst)
	if _, err := here.Read(make([]byte, 0)); err != nil {
		t.Errorf("a deadline is left: %v", err)
	}
}

// An interrupt that comes while the gatherer has the deadline stays.
func TestGatherInterrupt(t *testing.T) {
	here, _ := tcpPair(t)
	m := mover{flow: new(flow)}
	g := newGatherer(here, descOf(here))
	g.came = g.due
	m.quit.Store(true)
	here.SetDeadline(past)
	g.arm()
	m.endGathering(&g)
	if _, err := here.Read(make([]byte, 1)); !interrupted(err) {
		t.Errorf("lifted: %v", err)
	}
}

// What is no TCP connection is not gathered.
func TestGatherNothing(t *testing.T) {
	here, _ := connected(t, "unix")
	g := newGatherer(here, descOf(here))
	g.came = 1 << 40
	g.arm()
	g.stop()
	if g.on {
		t.Error("on")
	}
}
