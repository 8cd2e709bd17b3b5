package relay

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"gonc/internal/testutil"
)

// The negotiation is taken out and refused, wherever the reads are cut.
func TestTelnet(t *testing.T) {
	for _, c := range []struct{ in, data, refusals string }{
		{"", "", ""},
		{"plain", "plain", ""},
		{"a\xff\xffb", "a\xffb", ""},
		{"a\xff\xfd\x01b", "ab", "\xff\xfc\x01"},
		{"\xff\xfb\x03\xff\xfd\x18a", "a", "\xff\xfe\x03\xff\xfc\x18"},
		{"\xff\xfc\x01\xff\xfe\x01a", "a", ""},
		{"\xff\xfa\x18\x01\xff\xff\xf0\xff\xf0a", "a", ""},
		{"\xff\xf1a\xff", "a", ""},
	} {
		for _, cuts := range [][]byte{nil, {1}, {2, 1}} {
			data, refusals := throughTelnet(t, []byte(c.in), cuts)
			if string(data) != c.data || string(refusals) != c.refusals {
				t.Errorf("%q in pieces of %v: %q, refused with %q", c.in, cuts, data, refusals)
			}
		}
	}
}

// throughTelnet returns what a relay makes of b, in pieces.
func throughTelnet(t *testing.T, b, cuts []byte) (data, refusals []byte) {
	t.Helper()
	var received, sent bytes.Buffer
	remote := Telnet(End{R: &cut{b: b, cuts: cuts}, W: &sent})
	if _, err := Pipe(context.Background(), End{W: &received}, remote, Policy{}); err != nil {
		t.Errorf("%q: %v", b, err)
	}
	return received.Bytes(), sent.Bytes()
}

// Where the reads are cut makes no difference, and no demand is left without
// a refusal, unless there are more than may wait.
func FuzzTelnet(f *testing.F) {
	f.Add([]byte("a\xff\xfd\x01b\xff\xff"), []byte{1})
	f.Add([]byte("\xff\xfa\x01\xff\xf0\xff\xfb\x01"), []byte{2, 3})
	f.Fuzz(func(t *testing.T, b, cuts []byte) {
		b = b[:min(len(b), maxRefusals)]
		data, refusals := throughTelnet(t, b, nil)
		cutData, cutRefusals := throughTelnet(t, b, append(bytes.Clone(cuts), 1))
		if !bytes.Equal(data, cutData) || !bytes.Equal(refusals, cutRefusals) {
			t.Errorf("%q gave %q, %q, and in pieces %q, %q", b, data, refusals, cutData, cutRefusals)
		}
		if len(data)+len(refusals) > len(b) || len(refusals)%3 > 0 {
			t.Errorf("%q gave %q, %q", b, data, refusals)
		}
	})
}

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
		if full.held > 2*maxRefusals {
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
