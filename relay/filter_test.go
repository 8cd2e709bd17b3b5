package relay

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonc/internal/testutil"
)

// A pause can be interrupted, and what is interrupted otherwise still is.
func TestIntervalInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := false
		e := Interval(End{R: strings.NewReader("one\ntwo\n"), src: sourceOps{interrupt: func() { stopped = true }}}, time.Hour)
		must(e.R.Read(make([]byte, 100)))
		read := testutil.Background(func() error { _, err := e.R.Read(make([]byte, 100)); return err })
		synctest.Wait()
		e.interrupt()
		e.interrupt()
		if err := <-read; !interrupted(err) || !stopped {
			t.Errorf("interrupted: %v, %v", err, stopped)
		}
	})
}

// A rate limits each direction by itself, and ends with the relay.
func TestLimitRate(t *testing.T) {
	testutil.CheckLeaks(t)
	const n, rate = 300_000, 200_000
	here, there := connected(t, "tcp")
	peer := peering(there, n, n)
	began := time.Now()
	got := &arrival{wrong: -1}
	local := End{R: dataOf(n), W: got}
	end := testutil.Await(t, piping(context.Background(), local, LimitRate(Conn(here), rate), Policy{}), "the relay")
	took := time.Since(began)
	here.Close()
	expectTotals(t, end, n, n)
	expectPeer(t, testutil.Await(t, peer, "the peer"), n)
	expectData(t, "local", *got, n)
	if least := time.Second * (n - rate/10) / rate; took < least {
		t.Errorf("%d bytes at %d a second took %v", n, rate, took)
	}
}

func TestLimitRateIsInterrupted(t *testing.T) {
	testutil.CheckLeaks(t)
	here, _ := connected(t, "tcp")
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, cancel)
	end := testutil.Await(t, piping(ctx, End{R: dataOf(1000)}, LimitRate(Conn(here), 1), Policy{}), "the relay")
	if !errors.Is(end.err, context.Canceled) || end.Sent > 10 {
		t.Errorf("%d bytes, %v", end.Sent, end.err)
	}
}

// What is written at a low rate is counted as it goes.
func TestLimitRateCounts(t *testing.T) {
	testutil.CheckLeaks(t)
	here, _ := connected(t, "tcp")
	ctx, cancel := context.WithCancel(context.Background())
	var g Gauge
	s := &Stdio{
		Local:  End{R: dataOf(60_000)},
		Remote: func(c net.Conn) End { return LimitRate(Conn(c), 1000) },
		Gauge:  &g,
	}
	ended := serving(ctx, s.Serve, here)
	testutil.Eventually(t, "some bytes were counted", func() bool { sent, _ := g.Moved(); return sent > 0 })
	cancel()
	if err := testutil.Await(t, ended, "the relay"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if sent, _ := g.Moved(); sent > 30_000 {
		t.Errorf("%d bytes were counted", sent)
	}
}
