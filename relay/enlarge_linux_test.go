package relay

import (
	"context"
	"io"
	"testing"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

// The pipes of the caller are enlarged while much is moved, and given back.
func TestPipesGivenBack(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	in, w := stdinPipe(t)
	r, out := stdoutPipe(t)
	before := [2]int{pipeCapacity(int(w.Fd())), pipeCapacity(int(r.Fd()))}
	relay := piping(context.Background(), files(t, in, out), Conn(here), Policy{})
	const n = 32 << 20
	sending := testutil.Background(func() error { _, err := io.Copy(struct{ io.Writer }{there}, dataOf(n)); return err })
	taking := testutil.Background(func() error { _, err := io.CopyN(io.Discard, struct{ io.Reader }{there}, n); return err })
	feeding := testutil.Background(func() error { _, err := io.Copy(struct{ io.Writer }{w}, dataOf(n)); return err })
	expectData(t, "standard output", must(arrivalOf(io.LimitReader(r, n))), n)
	for _, done := range []<-chan error{sending, taking, feeding} {
		if err := testutil.Await(t, done, "the traffic"); err != nil {
			t.Fatal(err)
		}
	}
	ours := [2]int{int(in.Fd()), int(r.Fd())}
	for i, num := range ours {
		if now := pipeCapacity(num); now != 512<<10 {
			t.Errorf("pipe %d holds %d bytes while much is moved", i, now)
		}
	}
	w.Close()
	there.CloseWrite()
	expectTotals(t, testutil.Await(t, relay, "the relay"), n, n)
	for i, num := range ours {
		if now := pipeCapacity(num); now != before[i] {
			t.Errorf("pipe %d holds %d bytes afterwards, held %d", i, now, before[i])
		}
	}
}

// pipeCapacity returns how many bytes a pipe holds.
func pipeCapacity(num int) int { return must(unix.FcntlInt(uintptr(num), unix.F_GETPIPE_SZ, 0)) }
