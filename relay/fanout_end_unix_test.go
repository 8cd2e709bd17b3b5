//go:build unix

package relay

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

// Who takes nothing any more, and still sends, is nobody to wait for.
func TestFanoutRefused(t *testing.T) {
	checkLeaks(t)
	r, out := stdoutPipe(t)
	h := newHub(t, out)
	there, ended := h.join(t, "unix")
	there.(*net.UnixConn).CloseRead()
	io.WriteString(h.in, "refused")
	eventually(t, "nobody is waited for", func() bool { return h.members() == 0 })
	io.WriteString(there, "and still here")
	expectText(t, r, "and still here")
	there.Close()
	if err := await(t, ended, "its end"); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("ended with %v", err)
	}
}

// Who has sent its last byte, has had all that there was, and is gone then, is
// missed by nobody.
func TestFanoutGone(t *testing.T) {
	for _, given := range []string{"", "for all"} {
		checkLeaks(t)
		h := newHub(t, nil)
		there, ended := h.join(t, "tcp")
		if given != "" {
			io.WriteString(h.in, given)
			expectText(t, there, given)
		}
		there.(*net.TCPConn).CloseWrite()
		reset(t, there)
		err := await(t, ended, "its end")
		if err != nil && !errors.Is(err, syscall.ECONNRESET) { // which comes before its end was read
			t.Errorf("ended with %v", err)
		}
	}
}

// Close ends the reading of a standard input that gives nothing.
func TestFanoutClose(t *testing.T) {
	checkLeaks(t)
	h := newHub(t, nil)
	there, ended := h.join(t, "tcp")
	await(t, inBackground(func() error { h.Close(); return nil }), "Close")
	there.Close()
	await(t, ended, "the session")
	in, _ := stdinPipe(t)
	never := &Fanout{Local: files(t, in, nil)}
	await(t, inBackground(func() error { never.Close(); return nil }), "Close of one that was never used")
	without := &Fanout{}
	await(t, inBackground(func() error { without.Close(); return nil }), "Close without standard input")
}

// The context ends a session, also one that waits for standard output.
func TestFanoutCancel(t *testing.T) {
	checkLeaks(t)
	_, out := stdoutPipe(t)
	h := newHub(t, out)
	there, ended := h.join(t, "tcp")
	idle, idled := h.join(t, "tcp")
	defer idle.Close()
	full := inBackground(func() error { _, err := io.Copy(struct{ io.Writer }{there}, dataOf(64<<20)); return err })
	eventually(t, "standard output is full", func() bool { return !writable(out) })
	h.cancel()
	await(t, ended, "the session that waits")
	await(t, idled, "the idle session")
	await(t, full, "the sender")
}
