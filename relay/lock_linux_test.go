package relay

import (
	"context"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

// The reader of standard output may hold its lock, in spite of O_NONBLOCK, for as
// long as a splice to somewhere else takes. Standard input is sent meanwhile,
// on one processor too.
func TestPipeLocked(t *testing.T) {
	testutil.CheckLeaks(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	here, there := tcpPair(t)
	in, w := stdinPipe(t)
	r, out := stdoutPipe(t)
	full, drain := fullSocket(t)
	from, to := int(r.Fd()), int(full.Fd())
	unix.SetNonblock(from, false)
	locked := testutil.Background(func() error {
		for {
			if n, err := unix.Splice(from, nil, to, nil, 1<<20, 0); n == 0 || err != nil {
				return err
			}
		}
	})
	relay := piping(context.Background(), files(t, in, out), Conn(here), Policy{})
	received := testutil.Background(func() error {
		_, err := io.Copy(struct{ io.Writer }{there}, dataOf(8<<20))
		there.CloseWrite()
		return err
	})
	stalled(t, here, there)
	there.SetReadDeadline(time.Now().Add(testutil.Timeout))
	b := make([]byte, 1)
	for range 5 {
		must(w.Write([]byte("x")))
		if _, err := io.ReadFull(there, b); err != nil {
			t.Errorf("nothing is sent any more: %v", err)
			break
		}
	}
	go io.Copy(io.Discard, drain)
	w.Close()
	if err := testutil.Await(t, received, "the peer"); err != nil {
		t.Errorf("the peer: %v", err)
	}
	expectTotals(t, testutil.Await(t, relay, "the relay"), 5, 8<<20)
	testutil.Await(t, locked, "the reader")
	full.Close()
	drain.Close()
}

// fullSocket returns a socket that is full, and blocks, and its other end.
func fullSocket(t *testing.T) (full *os.File, drain net.Conn) {
	full, drain = stdioSocket(t)
	unix.SetsockoptInt(int(full.Fd()), unix.SOL_SOCKET, unix.SO_SNDBUF, 4096)
	piece := make([]byte, 1024)
	for {
		if _, err := unix.SendmsgN(int(full.Fd()), piece, nil, nil, unix.MSG_DONTWAIT); err != nil {
			return full, drain
		}
	}
}
