//go:build unix

package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/share"
)

// A hub is a Fanout between a pipe, an output and connections.
type hub struct {
	*Fanout
	in     *os.File // what is written to it is standard input
	ctx    context.Context
	cancel context.CancelFunc
}

func newHub(t *testing.T, out *os.File) *hub {
	t.Helper()
	in, w := stdinPipe(t)
	return hubOf(t, files(t, in, out), w)
}

// hubOf returns a new hub with a local side that reads the other end of in.
func hubOf(t *testing.T, local End, in *os.File) *hub {
	h := &hub{Fanout: &Fanout{Local: local}, in: in}
	h.init() // as the first Serve does
	h.ctx, h.cancel = context.WithCancel(context.Background())
	t.Cleanup(func() { h.cancel(); h.Close() })
	return h
}

// join adds a connection, which gets what is given from now on.
func (h *hub) join(t *testing.T, network string) (there net.Conn, ended <-chan error) {
	t.Helper()
	before := h.log.Readers()
	here, there := connected(t, network)
	there.SetDeadline(time.Now().Add(testutil.Timeout))
	ended = serving(h.ctx, h.Serve, here)
	testutil.Eventually(t, "it has joined", func() bool { return h.log.Readers() > before })
	return there, ended
}

func expectText(t testing.TB, r io.Reader, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if n, err := io.ReadFull(r, b); string(b[:n]) != want {
		t.Errorf("got %q, %v; want %q", b[:n], err, want)
	}
}

// What standard input gives goes to all, what they send comes to standard
// output.
func TestFanout(t *testing.T) {
	testutil.CheckLeaks(t)
	r, out := stdoutPipe(t)
	h := newHub(t, out)
	const n = 1 << 20 // so that none can lag
	var programs []<-chan peer
	var sessions []<-chan error
	for range 5 {
		there, ended := h.join(t, "tcp")
		programs = append(programs, peering(there, 1000, 0))
		sessions = append(sessions, ended)
	}
	got := testutil.Background(func() error { _, err := io.CopyN(io.Discard, r, 5*1000); return err })
	feed(h.in, n)
	for i := range programs {
		expectPeer(t, testutil.Await(t, programs[i], "a peer"), n)
		if err := testutil.Await(t, sessions[i], "a session"); err != nil {
			t.Error(err)
		}
	}
	if err := testutil.Await(t, got, "standard output"); err != nil {
		t.Error(err)
	}
}

// A client that joins later gets what is read from then on; the first gets what came
// while there was no client.
func TestFanoutJoin(t *testing.T) {
	testutil.CheckLeaks(t)
	h := newHub(t, nil)
	must(io.WriteString(h.in, "for the first "))
	a, _ := h.join(t, "tcp")
	expectText(t, a, "for the first ")
	b, _ := h.join(t, "tcp")
	must(io.WriteString(h.in, "for both"))
	expectText(t, a, "for both")
	expectText(t, b, "for both")
	h.in.Close()
	for _, c := range []net.Conn{a, b} {
		if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("at the end: %d, %v", n, err)
		}
	}
	late, ended := h.joinLate(t)
	if n, err := late.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("after the end: %d, %v", n, err)
	}
	late.Close()
	if err := testutil.Await(t, ended, "the late session"); err != nil {
		t.Error(err)
	}
}

// joinLate adds a connection when nothing will be given any more.
func (h *hub) joinLate(t *testing.T) (there net.Conn, ended <-chan error) {
	here, there := connected(t, "tcp")
	there.SetDeadline(time.Now().Add(testutil.Timeout))
	return there, serving(h.ctx, h.Serve, here)
}

// What comes when the last one has left waits for the next one.
func TestFanoutRejoin(t *testing.T) {
	testutil.CheckLeaks(t)
	in, w := stdinPipe(t)
	local := files(t, in, nil)
	reads := &counting{r: local.R}
	local.R = reads
	h := hubOf(t, local, w)
	a, ended := h.join(t, "tcp")
	must(io.WriteString(h.in, "one"))
	expectText(t, a, "one")
	testutil.Eventually(t, "a second read is under way", func() bool { return reads.begun.Load() == 2 })
	reset(t, a)
	testutil.Await(t, ended, "the first session")
	must(io.WriteString(h.in, "two"))
	testutil.Eventually(t, "it is read", func() bool { return reads.n.Load() == 6 })
	b, ended := h.join(t, "tcp")
	expectText(t, b, "two")
	b.Close()
	h.in.Close()
	testutil.Await(t, ended, "the second session")
}

// counting counts the reads that have begun, and the bytes that are read.
type counting struct {
	r        io.Reader
	begun, n atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	c.begun.Add(1)
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// Without clients nothing is read; and a client that takes nothing lets as much
// be read as is read ahead.
func TestFanoutPace(t *testing.T) {
	testutil.CheckLeaks(t)
	local := &counting{r: dataOf(64 << 20)}
	h := &Fanout{Local: End{R: local}}
	h.init()
	time.Sleep(20 * time.Millisecond) // nothing is to happen
	if n := local.n.Load(); n != 0 {
		t.Errorf("without clients %d bytes were read", n)
	}
	here, there := connected(t, "pipe")
	ctx, cancel := context.WithCancel(context.Background())
	ended := serving(ctx, h.Serve, here)
	testutil.Eventually(t, "something is read", func() bool { return local.n.Load() > 0 })
	time.Sleep(20 * time.Millisecond)
	if n := local.n.Load(); n > 256<<10+2*bufferSize+maxPayload {
		t.Errorf("for one that takes nothing %d bytes were read", n)
	}
	there.Close()
	cancel()
	testutil.Await(t, ended, "the session")
	h.Close()
}

// One that falls behind is closed, and the others don't notice; one alone is
// never behind.
func TestFanoutLag(t *testing.T) {
	testutil.CheckLeaks(t)
	h := newHub(t, nil)
	h.log.Patience = 3 * time.Second // on a busy machine the fast one is slow too
	laggard, lagged := h.join(t, "pipe")
	must(io.ReadFull(laggard, nil))
	fast, ended := h.join(t, "pipe")
	feed(h.in, 8<<20)
	a := must(arrivalOf(io.LimitReader(fast, 8<<20)))
	expectData(t, "the fast one", a, 8<<20)
	if err := testutil.Await(t, lagged, "the laggard's end"); err != share.ErrLagging {
		t.Errorf("the laggard ended with %v", err)
	}
	fast.Close()
	testutil.Await(t, ended, "the fast one's end")
}

// One whose session is over is not waited for, and keeps what is on its way.
func TestFanoutOverIsNoLag(t *testing.T) {
	testutil.CheckLeaks(t)
	h := newHub(t, nil)
	over := h.log.Subscribe(false, func() { t.Error("it is said to lag") })
	over.Quit()
	fast, ended := h.join(t, "pipe")
	feed(h.in, 8<<20)
	a := must(arrivalOf(io.LimitReader(fast, 8<<20)))
	expectData(t, "the fast one", a, 8<<20)
	fast.Close()
	testutil.Await(t, ended, "the fast one's end")
}

func TestFanoutAlone(t *testing.T) {
	testutil.CheckLeaks(t)
	h := newHub(t, nil)
	there, ended := h.join(t, "pipe")
	feed(h.in, 8<<20)
	a := must(arrivalOf(slowly{io.LimitReader(there, 8<<20)}))
	expectData(t, "the only one", a, 8<<20)
	there.Close()
	if err := testutil.Await(t, ended, "its end"); err != nil {
		t.Error(err)
	}
}

// An input that fails is the error of every session, and each peer is reset.
func TestFanoutReadError(t *testing.T) {
	testutil.CheckLeaks(t)
	broken := errors.New("broken")
	local := &pieces{give: [][]byte{{1}}, next: make(chan struct{})}
	h := &Fanout{Local: End{R: failing{local, broken}}}
	here, there := connected(t, "tcp")
	ended := serving(context.Background(), h.Serve, here)
	local.next <- struct{}{}
	close(local.next)
	there.SetReadDeadline(time.Now().Add(testutil.Timeout))
	if _, err := io.ReadAll(there); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer's last read: %v", err)
	}
	there.Close()
	expectLocal(t, testutil.Await(t, ended, "the session"), "read", broken)
	h.Close()
}

// failing fails where r ends.
type failing struct {
	r   io.Reader
	err error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

// Each read of standard input is one datagram for each.
func TestFanoutDatagrams(t *testing.T) {
	testutil.CheckLeaks(t)
	local := &pieces{next: make(chan struct{}), got: make(chan []byte, 10)}
	sizes := []int{1, 1, 1400, 60000, 3}
	for _, n := range sizes {
		local.give = append(local.give, bytesOf(int64(n)))
	}
	ctx, cancel := context.WithCancel(context.Background())
	h := &Fanout{Local: End{R: local, W: local}, Datagram: true}
	h.init()
	var theres []net.Conn
	var sessions []<-chan error
	for range 3 {
		here, there := connected(t, "udp")
		there.SetReadDeadline(time.Now().Add(testutil.Timeout))
		theres = append(theres, there)
		sessions = append(sessions, serving(ctx, h.Serve, here))
	}
	testutil.Eventually(t, "all have joined", func() bool { return h.log.Readers() == 3 })
	buf := make([]byte, 1<<16)
	for _, size := range sizes {
		local.next <- struct{}{}
		for _, there := range theres {
			if n, err := there.Read(buf); n != size || err != nil {
				t.Errorf("a datagram of %d, %v; want %d", n, err, size)
			}
		}
	}
	close(local.next)
	must(theres[1].Write([]byte("up")))
	if b := testutil.Await(t, local.got, "a datagram"); !bytes.Equal(b, []byte("up")) {
		t.Errorf("got %q", b)
	}
	cancel()
	for _, ended := range sessions {
		testutil.Await(t, ended, "a session")
	}
	h.Close()
}

// byBytes writes a byte at a time.
type byBytes struct{ w io.Writer }

func (w byBytes) Write(p []byte) (int, error) {
	for i := range p {
		w.w.Write(p[i : i+1])
	}
	return len(p), nil
}

// Each read is written to standard output in one piece.
func TestFanoutWholeReads(t *testing.T) {
	testutil.CheckLeaks(t)
	var all bytes.Buffer
	h := &Fanout{Local: End{W: byBytes{&all}}}
	var sessions []<-chan error
	for i := range 3 {
		here, there := connected(t, "udp")
		sessions = append(sessions, serving(contextFor(t, time.Second), h.Serve, here))
		for range 20 {
			must(there.Write([]byte(strings.Repeat(string('a'+rune(i)), 100))))
		}
	}
	for _, ended := range sessions {
		testutil.Await(t, ended, "a session")
	}
	for b := all.Bytes(); len(b) > 0; b = b[100:] {
		if bytes.Count(b[:100], b[:1]) != 100 {
			t.Fatalf("mixed: %q", b[:100])
		}
	}
	if all.Len() == 0 {
		t.Error("nothing came")
	}
}

func contextFor(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
