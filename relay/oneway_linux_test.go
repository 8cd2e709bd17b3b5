package relay

import (
	"context"
	"io"
	"os"
	"reflect"
	"sync"
	"testing"
)

// told is what OneWay was told.
type told struct {
	mu  sync.Mutex
	all []bool
}

func (o *told) tell(is bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, is)
}

func (o *told) expect(t *testing.T, when string, want ...bool) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if !reflect.DeepEqual(o.all, want) {
		t.Errorf("%s it was told %v, want %v", when, o.all, want)
	}
}

func (o *told) times() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.all)
}

// Bulk that goes one way is told of, for as long as nothing comes the other.
func TestOneWay(t *testing.T) {
	checkLeaks(t)
	here, there := tcpPair(t)
	in, w := stdinPipe(t)
	r, out := stdoutPipe(t)
	var o told
	relay := piping(context.Background(), files(t, in, out), Conn(here), Policy{OneWay: o.tell})
	arrived := inBackground(func() error { _, err := io.Copy(io.Discard, there); return err })
	must(io.Copy(w, dataOf(gatherFirst/2)))
	o.expect(t, "after little")
	must(io.Copy(w, dataOf(4*gatherFirst)))
	eventually(t, "it is told", func() bool { return o.times() > 0 })
	o.expect(t, "after much", true)
	must(there.Write([]byte("x")))
	must(io.ReadFull(r, make([]byte, 1)))
	o.expect(t, "after an answer", true, false)
	must(io.Copy(w, dataOf(4*gatherFirst)))
	w.Close()
	await(t, arrived, "the peer")
	there.Close()
	expectTotals(t, await(t, relay, "the relay"), 8*gatherFirst+gatherFirst/2, 1)
	o.expect(t, "at the end", true, false)
}

// At its end it is over; little is not told of, nor what follows on bytes of
// the other way, nor what takes long calls.
func TestOneWayEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		out  func(testing.TB) *os.File
		up   string
		down int64
		want []bool
	}{
		{"much", stdoutNull, "", 4 * pipeSize, []bool{true, false}},
		{"little", stdoutNull, "", gatherFirst / 2, nil},
		{"an answer", stdoutNull, "x", 4 * pipeSize, nil},
		{"a file", emptyFile, "", 4 * pipeSize, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkLeaks(t)
			here, there := tcpPair(t)
			in, w := stdinPipe(t)
			var o told
			relay := piping(context.Background(), files(t, in, c.out(t)), Conn(here), Policy{OneWay: o.tell})
			must(io.WriteString(w, c.up))
			must(io.ReadFull(there, make([]byte, len(c.up))))
			w.Close()
			must(io.Copy(struct{ io.Writer }{there}, dataOf(c.down)))
			there.Close()
			expectTotals(t, await(t, relay, "the relay"), int64(len(c.up)), c.down)
			o.expect(t, "at the end", c.want...)
		})
	}
}

func emptyFile(t testing.TB) *os.File { return tempFile(t, 0) }
