package conn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gonc/internal/testutil"
)

func TestInterleave(t *testing.T) {
	for given, want := range map[string]string{
		"1.1.1.1":                         "1.1.1.1",
		"::1 1.1.1.1":                     "::1 1.1.1.1",
		"1.1.1.1 2.2.2.2 ::1":             "1.1.1.1 ::1 2.2.2.2",
		"::1 ::2 ::3 1.1.1.1 2.2.2.2":     "::1 1.1.1.1 ::2 2.2.2.2 ::3",
		"1.1.1.1 ::1 ::2 ::3":             "1.1.1.1 ::1 ::2 ::3",
		"1.1.1.1 2.2.2.2 3.3.3.3":         "1.1.1.1 2.2.2.2 3.3.3.3",
		"fe80::1%a 1.1.1.1 fe80::1%b ::1": "fe80::1%a 1.1.1.1 fe80::1%b ::1",
	} {
		var ips []netip.Addr
		for _, s := range strings.Fields(given) {
			ips = append(ips, netip.MustParseAddr(s))
		}
		var got []string
		for _, ip := range interleave(ips) {
			got = append(got, ip.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", given, strings.Join(got, " "), want)
		}
	}
}

// closable is a connection that tells whether it is closed.
type closable struct {
	net.Conn
	closed bool
}

func (c *closable) Close() error        { c.closed = true; return nil }
func (c *closable) serve(*server) error { return nil }

// A lane is how an address behaves: after some time it connects, or fails
// with err. One that is deaf does so also after the attempt was cancelled.
type lane struct {
	after time.Duration
	err   error
	deaf  bool
}

const never = time.Hour

// A raceTrack is the addresses of a race, and what has happened to them.
type raceTrack struct {
	lanes   []lane
	begin   time.Time
	started []time.Duration
	conns   []*closable
	tried   []Attempt
}

func (r *raceTrack) connect(t candidate, ctx context.Context) (net.Conn, error) {
	i := int(t.to.Port())
	a := r.lanes[i]
	r.started[i] = time.Since(r.begin)
	if a.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(a.after):
	}
	if a.err != nil {
		return nil, a.err
	}
	r.conns[i] = &closable{}
	return r.conns[i], nil
}

// run runs the race, and returns the winner and how long it took.
func (r *raceTrack) run(ctx context.Context) (winner int, failed []Attempt, took time.Duration) {
	d := &Dialer{OnTried: func(a Attempt) { r.tried = append(r.tried, a) }}
	var tries []candidate
	for i := range r.lanes {
		tries = append(tries, candidate{d: d, to: netip.AddrPortFrom(testutil.Loopback4, uint16(i))})
	}
	r.begin = time.Now()
	r.started = slices.Repeat([]time.Duration{-1}, len(tries))
	r.conns = make([]*closable, len(tries))
	won, failed := race(ctx, tries, r.connect)
	winner = -1
	for i, c := range r.conns {
		if c != nil && won == net.Conn(c) {
			winner = i
		}
	}
	return winner, failed, time.Since(r.begin)
}

func TestRace(t *testing.T) {
	refused := error(syscall.ECONNREFUSED)
	const ms = time.Millisecond
	for _, tt := range []struct {
		name    string
		lanes   []lane
		winner  int
		took    time.Duration
		started []time.Duration // -1: never
		failed  int
	}{
		{"the first answers in time", []lane{{after: 200 * ms}, {}}, 0, 200 * ms, []time.Duration{0, -1}, 0},
		{"the first is silent", []lane{{after: never}, {after: 10 * ms}}, 1, 260 * ms, []time.Duration{0, 250 * ms}, 0},
		{"the first is slow, and still faster", []lane{{after: 300 * ms}, {after: never}}, 0, 300 * ms, []time.Duration{0, 250 * ms}, 0},
		{"the first is refused", []lane{{after: 1 * ms, err: refused}, {after: 1 * ms}}, 1, 2 * ms, []time.Duration{0, 1 * ms}, 1},
		{"all are silent but the last", []lane{{after: never}, {after: never}, {after: never}, {}}, 3, 750 * ms, []time.Duration{0, 250 * ms, 500 * ms, 750 * ms}, 0},
		{"a failure begins the delay anew", []lane{{after: never}, {after: 50 * ms, err: refused}, {after: never}, {}}, 3, 550 * ms, []time.Duration{0, 250 * ms, 300 * ms, 550 * ms}, 1},
		{"all are refused", []lane{{err: refused}, {err: refused}, {after: 5 * ms, err: refused}}, -1, 5 * ms, []time.Duration{0, 0, 0}, 3},
		{"a loser connects too late", []lane{{after: 400 * ms, deaf: true}, {after: 10 * ms}}, 1, 400 * ms, []time.Duration{0, 250 * ms}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &raceTrack{lanes: tt.lanes}
				winner, failed, took := r.run(t.Context())
				if winner != tt.winner || took != tt.took || !slices.Equal(r.started, tt.started) || len(failed) != tt.failed {
					t.Errorf("%d won after %v, started %v, %d failed; want %d after %v, %v, %d",
						winner, took, r.started, len(failed), tt.winner, tt.took, tt.started, tt.failed)
				}
				r.check(t, winner, failed)
			})
		})
	}
}

// check looks for open losers, and for attempts that were not told of.
func (r *raceTrack) check(t *testing.T, winner int, failed []Attempt) {
	t.Helper()
	for i, c := range r.conns {
		if c != nil && c.closed != (i != winner) {
			t.Errorf("connection %d: closed is %v", i, c.closed)
		}
	}
	want := failed
	if winner >= 0 {
		want = append(slices.Clone(failed), Attempt{Addr: netip.AddrPortFrom(testutil.Loopback4, uint16(winner))})
	}
	if len(r.tried) != len(want) {
		t.Fatalf("told of %v, want %v", r.tried, want)
	}
	for i, a := range r.tried {
		if a.Addr != want[i].Addr || a.Err != want[i].Err {
			t.Errorf("told of %v, want %v", a, want[i])
		}
	}
}

// The end of the context ends all attempts, and begins no other.
func TestRaceCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		r := &raceTrack{lanes: []lane{{after: never}, {after: never}, {after: never}}}
		winner, failed, took := r.run(ctx)
		if winner != -1 || len(failed) != 2 || took != 300*time.Millisecond || r.started[2] != -1 {
			t.Errorf("%d won after %v, started %v, failed %v", winner, took, r.started, failed)
		}
		for _, a := range failed {
			if !errors.Is(a.Err, context.DeadlineExceeded) {
				t.Error(a.Err)
			}
		}
	})
}
