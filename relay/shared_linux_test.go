package relay

import (
	"context"
	"io"
	"os"
	"strconv"
	"testing"

	"gonc/internal/testutil"
)

// Sessions that have standard input and output one after another leave no
// descriptor behind, and the files as they found them, though each of them is
// interrupted.
func TestShared(t *testing.T) {
	for _, c := range stdioPairs {
		t.Run(c.name, func(t *testing.T) {
			testutil.CheckLeaks(t)
			in, out, w, r := c.open(t)
			before := testutil.OpenFiles()
			for range 10 {
				here, there := tcpPair(t)
				local := Shared(Files(in, out))
				relay := piping(context.Background(), local, Conn(here), Policy{AtRemoteEOF: Finish})
				must(io.WriteString(w, "up\n"))
				must(io.ReadFull(there, make([]byte, 3)))
				must(io.WriteString(there, "down"))
				there.CloseWrite()
				expectTotals(t, testutil.Await(t, relay, "the relay"), 3, 4)
				must(r.Read(make([]byte, 100)))
				here.Close()
				there.Close()
				local.interrupt() // and it has no effect any more
				if now := testutil.OpenFiles(); now > before {
					t.Fatalf("%d descriptors, were %d", now, before)
				}
			}
			if out := must(os.Readlink("/proc/self/fd/" + strconv.Itoa(int(out.Fd())))); out == os.DevNull {
				t.Error("standard output was closed")
			}
		})
	}
}

// What waits on standard input when the remote ends may be taken by another
// program before it is read. The relay ends all the same.
func TestTakenByAnother(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	in, _ := stdinPipe(t)
	local := files(t, in, stdoutNull(t))
	local.src.ready = func() bool { return true } // as it was a moment ago
	relay := piping(t.Context(), local, Conn(here), Policy{AtRemoteEOF: Finish})
	there.CloseWrite()
	expectTotals(t, testutil.Await(t, relay, "the relay"), 0, 0)
}
