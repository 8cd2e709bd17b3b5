package relay

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"gonc/internal/testutil"
)

const demand = "\xff\xfd\x01"

// A remote that reads only as fast as it is read is read on while it makes
// demands, although there is no room to refuse them.
func TestTelnetEcho(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			testutil.CheckLeaks(t)
			here, there := connected(t, network)
			echo := testutil.Background(func() error { return sendBack(there) })
			up := strings.Repeat(demand, 8<<20/len(demand))
			relay := piping(context.Background(), End{R: strings.NewReader(up)}, Telnet(Conn(here)), Policy{})
			if end := testutil.Await(t, relay, "the relay"); end.err != nil || end.Sent != int64(len(up)) {
				t.Errorf("sent %d bytes of %d, %v", end.Sent, len(up), end.err)
			}
			if err := testutil.Await(t, echo, "the peer"); err != nil {
				t.Errorf("the peer: %v", err)
			}
		})
	}
}

// sendBack serves echo.
func sendBack(c net.Conn) error {
	if _, err := io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}); err != nil {
		return err
	}
	return c.(halfCloser).CloseWrite()
}

// A remote that takes no refusals is sent few of them, late, and does not
// keep the relay when all else is over.
func TestTelnetBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := &fullWriter{quit: make(chan struct{})}
		demands := End{R: strings.NewReader(strings.Repeat(demand, 1<<20)), W: full, dst: sinkOps{interrupt: func() { close(full.quit) }}}
		if totals, err := Pipe(context.Background(), End{}, Telnet(demands), Policy{}); err != nil || totals.Received != 0 {
			t.Errorf("got %+v, %v", totals, err)
		}
		if full.held > 2*(3<<10) {
			t.Errorf("%d bytes of refusals were held", full.held)
		}
	})
}

// A fullWriter takes nothing until it is interrupted.
type fullWriter struct {
	quit chan struct{}
	held int // bytes that it was asked to write
}

func (w *fullWriter) Write(p []byte) (int, error) {
	w.held += len(p)
	<-w.quit
	return 0, os.ErrDeadlineExceeded
}
