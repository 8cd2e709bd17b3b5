package path

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"gonc/internal/lab"
)

// attempt connects as a program does, for at most limit, with an Explorer.
func attempt(t *testing.T, to string, limit time.Duration) (steps []Step, f *Facts, took time.Duration) {
	e := Explorer{Network: "tcp", Report: func(s Step, _ *Facts) { steps = append(steps, s) }}
	begin := time.Now()
	x := e.Begin(t.Context(), netip.MustParseAddrPort(to))
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", to)
	if err == nil {
		c.Close()
	}
	f = x.End(t.Context(), err, time.Since(begin))
	return steps, f, time.Since(begin)
}

func TestExplore(t *testing.T) {
	if !lab.Enter(t) {
		return
	}
	server := lab.Pair(t)
	server.Listen(t, "tcp4", ":22")
	server.Filter(t, "input", "tcp dport 9999 drop")
	for _, c := range []struct {
		to    string
		limit time.Duration
		steps []Step
		cause Cause
	}{
		{"192.168.56.101:22", time.Minute, []Step{StepRoute, StepAnswer}, Unknown},
		{"192.168.56.101:9998", time.Minute, []Step{StepRoute, StepAnswer, StepNeighbour, StepOthers, StepCause}, RefusedThere},
		{"192.168.56.101:9999", 6 * time.Second, []Step{StepRoute, StepNeighbour, StepOthers, StepAnswer, StepCause}, HostDrops},
		{"192.168.56.101:9999", time.Second, []Step{StepRoute, StepAnswer, StepNeighbour, StepOthers, StepCause}, HostDrops},
		{"192.168.56.7:9999", time.Second, []Step{StepRoute, StepAnswer, StepNeighbour, StepCause}, NoSuchMachine},
		{"192.168.57.1:9999", time.Second, []Step{StepRoute, StepAnswer, StepCause}, NoWay},
		{"127.0.0.1:9999", time.Second, []Step{StepRoute, StepAnswer, StepCause}, NothingHere},
	} {
		steps, f, took := attempt(t, c.to, c.limit)
		// The neighbour may be known before the attempt.
		known := slices.DeleteFunc(slices.Clone(c.steps), func(s Step) bool { return s == StepNeighbour })
		if f.Judge() != c.cause || !slices.Equal(steps, c.steps) && !slices.Equal(steps, known) {
			t.Errorf("%s: %v, want %v; cause %v, want %v: %+v", c.to, steps, c.steps, f.Judge(), c.cause, f)
		}
		const slack = 5 * time.Second // for a loaded machine
		if took > c.limit+2*time.Second+slack && c.limit < time.Minute {
			t.Errorf("%s took %v", c.to, took)
		}
	}
}

// A server on IPv6 only is found when the machine is known to have an IPv6
// address.
func TestExploreTwin(t *testing.T) {
	if !lab.Enter(t) {
		return
	}
	server := lab.Pair(t)
	server.Run(t, "sysctl -q -w net.ipv6.bindv6only=1")
	server.Listen(t, "tcp6", ":9999")
	if a := Probe(t.Context(), netip.MustParseAddrPort("[fd56::101]:9999")); a.Outcome != Accepted {
		t.Fatalf("%+v", a)
	}
	if _, f, _ := attempt(t, "192.168.56.101:9999", time.Minute); f.Judge() != OtherFamilyTakes {
		t.Errorf("%+v", f)
	}
}
