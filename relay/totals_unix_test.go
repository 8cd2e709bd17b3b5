//go:build unix

package relay

import (
	"context"
	"io"
	"testing"

	"gonc/internal/testutil"
)

// A gauge moves while the relay does, with zero copy and without.
func TestGauge(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		const n = 64 << 20
		here, there := tcpPair(t)
		var g Gauge
		if sent, received := g.Moved(); sent != 0 || received != 0 {
			t.Errorf("before: %d, %d", sent, received)
		}
		s := &Stdio{Local: files(t, dataFile(t, n), nil), Gauge: &g}
		ended := serving(context.Background(), s.Serve, here)
		io.CopyN(io.Discard, there, n/2)
		testutil.Eventually(t, "half of it was counted", func() bool { sent, _ := g.Moved(); return sent >= n/2 })
		if sent, _ := g.Moved(); sent >= n {
			t.Errorf("%d bytes were sent, though the peer took %d", sent, n/2)
		}
		io.Copy(io.Discard, there)
		there.Close()
		if err := testutil.Await(t, ended, "the relay"); err != nil {
			t.Error(err)
		}
		if sent, received := g.Moved(); sent != n || received != 0 {
			t.Errorf("afterwards: %d, %d", sent, received)
		}
	})
}
