package relay

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
	"gonc/relay/stdfile"
)

// When the reader of standard output goes away the relay ends, although the
// remote gives nothing that could not be written; but not before what has
// begun to be sent is sent.
func TestUnread(t *testing.T) {
	for _, c := range []struct {
		name   string
		before string // given by local before the reader goes away
		ended  bool   // and local has ended then
		policy Policy
		after  string // given afterwards; then local ends
	}{
		{name: "idle", policy: Policy{AtRemoteEOF: FinishIfIdle}},
		{name: "idle, kept", after: "two"},
		{name: "sent", before: "one", ended: true},
		{name: "sending", before: "one", after: "two"},
		{name: "terminal", before: "one", policy: Policy{AtRemoteEOF: Finish}},
	} {
		t.Run(c.name, func(t *testing.T) {
			testutil.CheckLeaks(t)
			here, there := tcpPair(t)
			there.SetDeadline(time.Now().Add(testutil.Timeout))
			in, w := stdinPipe(t)
			r, out := stdoutPipe(t)
			relay := piping(context.Background(), files(t, in, out), Conn(here), c.policy)
			must(io.WriteString(w, c.before))
			must(io.ReadFull(there, make([]byte, len(c.before))))
			if c.ended {
				w.Close()
			}
			must(there.Write([]byte("x")))
			must(r.Read(make([]byte, 1)))
			r.Close()
			if c.after != "" {
				must(io.WriteString(w, c.after))
				w.Close()
				if b, err := io.ReadAll(there); err != nil || string(b) != c.after {
					t.Errorf("the peer got %q, %v", b, err)
				}
			}
			end := testutil.Await(t, relay, "the relay")
			expectLocal(t, end.err, "write", syscall.EPIPE)
			if want := int64(len(c.before + c.after)); end.Sent != want || end.Received != 1 {
				t.Errorf("sent %d of %d, received %d", end.Sent, want, end.Received)
			}
		})
	}
}

// A reader that was never there ends nothing before all is sent.
func TestUnreadNothing(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	in, w := stdinPipe(t)
	r, out := stdoutPipe(t)
	r.Close()
	local := files(t, in, out)
	relay := piping(context.Background(), local, Conn(here), Policy{AtRemoteEOF: FinishIfIdle})
	late := time.NewTimer(3 * watchAfter) // it is known by then
	<-late.C
	must(io.WriteString(w, "late"))
	w.Close()
	there.SetDeadline(time.Now().Add(testutil.Timeout))
	if b, err := io.ReadAll(there); err != nil || string(b) != "late" {
		t.Errorf("the peer got %q, %v", b, err)
	}
	end := testutil.Await(t, relay, "the relay")
	expectLocal(t, end.err, "write", syscall.EPIPE)
}

// A pipe that is read, a file and a closed pipe are not taken for one that is
// not.
func TestAwaitUnread(t *testing.T) {
	testutil.CheckLeaks(t)
	r, out := stdoutPipe(t)
	f := files(t, nil, out).W.(*os.File)
	f.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if err := stdfile.AwaitReaderGone(f); !interrupted(err) {
		t.Errorf("it is read: %v", err)
	}
	f.SetReadDeadline(time.Time{})
	gone := testutil.Background(func() error { return stdfile.AwaitReaderGone(f) })
	r.Close()
	if err := testutil.Await(t, gone, "the end of the reader"); err != nil {
		t.Error(err)
	}
	if stdfile.AwaitReaderGone(tempFile(t, 0)) == nil {
		t.Error("a file was taken for a pipe")
	}
}

// A FIFO without a reader may have one again.
func TestUnreadFIFO(t *testing.T) {
	testutil.CheckLeaks(t)
	name := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	f := must(os.OpenFile(name, os.O_RDWR, 0)) // does not wait for a reader
	r := must(os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0))
	w := must(os.OpenFile(name, os.O_WRONLY|unix.O_NONBLOCK, 0))
	defer w.Close()
	f.Close()
	r.Close()
	if stdfile.AwaitReaderGone(w) == nil {
		t.Error("it was given up")
	}
}

// What was sent is not lost at the close either.
func TestUnreadSettles(t *testing.T) {
	testutil.CheckLeaks(t)
	const up = 5 << 20
	here, there := tcpPair(t)
	r, out := stdoutPipe(t)
	r.Close()
	s := &Stdio{Local: files(t, sourcePipe(t, up), out)}
	session := serving(context.Background(), s.Serve, here)
	late := time.NewTimer(2 * watchAfter)
	<-late.C // all that the system holds is on its way
	a, err := arrivalOf(slowly{there})
	if err != nil {
		t.Errorf("the peer: %v", err)
	}
	expectData(t, "the peer", a, up)
	expectLocal(t, testutil.Await(t, session, "the session"), "write", syscall.EPIPE)
}
