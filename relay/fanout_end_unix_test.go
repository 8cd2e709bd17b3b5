//go:build unix

package relay

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"

	"gonc/internal/testutil"
)

// A client that reads nothing any more, and still sends, is not waited for.
func TestFanoutRefused(t *testing.T) {
	testutil.CheckLeaks(t)
	r, out := stdoutPipe(t)
	h := newHub(t, out)
	there, ended := h.join(t, "unix")
	there.(*net.UnixConn).CloseRead()
	io.WriteString(h.in, "refused")
	testutil.Eventually(t, "the client is not waited for", func() bool { return h.log.Readers() == 0 })
	io.WriteString(there, "and still here")
	expectText(t, r, "and still here")
	there.Close()
	if err := testutil.Await(t, ended, "its end"); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("ended with %v", err)
	}
}

// A client that has sent its last byte, received everything, and then gone is not
// missed.
func TestFanoutGone(t *testing.T) {
	for _, given := range []string{"", "for all"} {
		testutil.CheckLeaks(t)
		h := newHub(t, nil)
		there, ended := h.join(t, "tcp")
		if given != "" {
			io.WriteString(h.in, given)
			expectText(t, there, given)
		}
		there.(*net.TCPConn).CloseWrite()
		reset(t, there)
		err := testutil.Await(t, ended, "its end")
		if err != nil && !errors.Is(err, syscall.ECONNRESET) { // which comes before its end was read
			t.Errorf("ended with %v", err)
		}
	}
}

// Close ends the reading of a standard input that gives nothing.
func TestFanoutClose(t *testing.T) {
	testutil.CheckLeaks(t)
	h := newHub(t, nil)
	there, ended := h.join(t, "tcp")
	testutil.Await(t, testutil.Background(func() error { h.Close(); return nil }), "Close")
	there.Close()
	testutil.Await(t, ended, "the session")
	in, _ := stdinPipe(t)
	never := &Fanout{Local: files(t, in, nil)}
	testutil.Await(t, testutil.Background(func() error { never.Close(); return nil }), "Close of one that was never used")
	without := &Fanout{}
	testutil.Await(t, testutil.Background(func() error { without.Close(); return nil }), "Close without standard input")
}

// The context ends a session, also one that waits for standard output.
func TestFanoutCancel(t *testing.T) {
	testutil.CheckLeaks(t)
	_, out := stdoutPipe(t)
	h := newHub(t, out)
	there, ended := h.join(t, "tcp")
	idle, idled := h.join(t, "tcp")
	defer idle.Close()
	full := testutil.Background(func() error { _, err := io.Copy(struct{ io.Writer }{there}, dataOf(64<<20)); return err })
	testutil.Eventually(t, "standard output is full", func() bool { return !writable(out) })
	h.cancel()
	testutil.Await(t, ended, "the session that waits")
	testutil.Await(t, idled, "the idle session")
	testutil.Await(t, full, "the sender")
}
