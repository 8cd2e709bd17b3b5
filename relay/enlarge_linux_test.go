package relay

import (
	"context"
	"io"
	"testing"

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
	const n = 8 * enlargeAfter
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
		if now := pipeCapacity(num); now != callerPipeSize {
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

// The pipes of the caller are left alone where little is moved, and ours is large.
func TestPipeSizes(t *testing.T) {
	testutil.CheckLeaks(t)
	r, _ := stdoutPipe(t)
	d := inspect(r)
	before := pipeCapacity(d.num)
	var e enlargement
	e.note(enlargeAfter-1, &d)
	if got := pipeCapacity(d.num); got != before {
		t.Errorf("the caller's pipe holds %d bytes, held %d", got, before)
	}
	for _, c := range []struct {
		src  *fd
		want int
	}{{&d, callerPipeSize}, {&fd{num: -1}, pipeSize}} {
		p := must(newSplicePipe(c.src, &fd{num: -1}))
		if got := pipeCapacity(p.w); got != c.want {
			t.Errorf("our pipe holds %d bytes, want %d", got, c.want)
		}
		p.close()
	}
}

// A pipe that got its size from another program meanwhile keeps it.
func TestPipeOfAnotherSize(t *testing.T) {
	r, _ := stdoutPipe(t)
	d := inspect(r)
	var e enlargement
	e.note(enlargeAfter, &d)
	if got := pipeCapacity(d.num); got != callerPipeSize {
		t.Fatalf("the pipe holds %d bytes", got)
	}
	enlarge(d.num, 2*callerPipeSize)
	e.giveBack()
	if got := pipeCapacity(d.num); got != 2*callerPipeSize {
		t.Errorf("the pipe holds %d bytes", got)
	}
}
