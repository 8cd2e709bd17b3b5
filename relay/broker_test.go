package relay

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/share"
)

const brokerPatience = 20 * time.Second

// A room is a Broker with what its local side reads from.
type room struct {
	*Broker
	in     io.WriteCloser
	ctx    context.Context
	cancel context.CancelFunc
}

func newRoom(t *testing.T, make func(End) *Broker) *room {
	t.Helper()
	r, w := io.Pipe()
	local := End{R: r}
	local.src.interrupt = func() { r.Close() }
	b := &room{Broker: make(local), in: w}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	t.Cleanup(func() { b.cancel(); b.Close() })
	return b
}

// enter adds a connection.
func (r *room) enter(t *testing.T, network string) (there net.Conn, ended <-chan error) {
	t.Helper()
	before := r.log.Readers()
	network, narrow := strings.CutPrefix(network, "narrow ")
	here, there := connected(t, network)
	if narrow { // what is on its way does not count, so there should be little
		here.(*net.TCPConn).SetWriteBuffer(64 << 10)
		there.(*net.TCPConn).SetReadBuffer(64 << 10)
	}
	there.SetDeadline(time.Now().Add(2 * brokerPatience))
	ended = serving(r.ctx, r.Serve, here)
	testutil.Eventually(t, "it has joined", func() bool { return r.log.Readers() > before })
	return there, ended
}

func expectString(t *testing.T, name string, r io.Reader, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if n, err := io.ReadFull(r, b); string(b[:n]) != want {
		t.Errorf("%s got %q, %v; want %q", name, b[:n], err, want)
	}
}

// expectSilence checks that nothing comes of what was sent before.
func expectSilence(t *testing.T, name string, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	b := make([]byte, 100)
	if n, err := c.Read(b); n > 0 || err == io.EOF {
		t.Errorf("%s got %q, %v; want nothing", name, b[:n], err)
	}
	c.SetReadDeadline(time.Now().Add(brokerPatience))
}

// What one sends goes to all others, what local gives to all, and the end of
// local, or of one of them, ends nothing.
func TestBroker(t *testing.T) {
	testutil.CheckLeaks(t)
	r := newRoom(t, NewBroker)
	a, aEnded := r.enter(t, "tcp")
	b, _ := r.enter(t, "unix")
	c, _ := r.enter(t, "tcp")
	io.WriteString(a, "from a ")
	expectString(t, "b", b, "from a ")
	expectString(t, "c", c, "from a ")
	io.WriteString(r.in, "from local ")
	r.in.Close()
	for name, to := range map[string]net.Conn{"a": a, "b": b, "c": c} {
		expectString(t, name, to, "from local ")
	}
	io.WriteString(b, "from b ")
	expectString(t, "a", a, "from b ")
	expectString(t, "c", c, "from b ")
	expectSilence(t, "b", b)
	b.(halfCloser).CloseWrite()
	io.WriteString(a, "to b, which only listens")
	expectString(t, "b", b, "to b, which only listens")
	reset(t, a)
	if err := testutil.Await(t, aEnded, "a's session"); err == nil {
		t.Error("a was reset without an error")
	}
	io.WriteString(c, "b is still there")
	expectString(t, "b", b, "b is still there")
}

// One that is alone sends into the void, and a later one does not get that.
func TestBrokerAlone(t *testing.T) {
	testutil.CheckLeaks(t)
	r := newRoom(t, NewBroker)
	a, _ := r.enter(t, "pipe")
	for _, n := range []int{16 << 20, 0} { // an empty write waits for the next read, before which the last one was dealt with
		if _, err := a.Write(make([]byte, n)); err != nil {
			t.Fatal(err)
		}
	}
	b, _ := r.enter(t, "tcp")
	io.WriteString(a, "hello")
	expectString(t, "b", b, "hello")
}

// What comes on local waits for the first.
func TestBrokerLocalWaits(t *testing.T) {
	testutil.CheckLeaks(t)
	r := newRoom(t, NewBroker)
	go io.WriteString(r.in, "early")
	a, _ := r.enter(t, "tcp")
	expectString(t, "a", a, "early")
}

// Fifty, of which one floods, one never reads and one is slow: the others get
// every byte in order, without waiting for them, and the one that never reads
// is closed, which is reported.
func TestBrokerFifty(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 8 s")
	}
	testutil.CheckLeaks(t)
	const n = 8 << 20
	r := newRoom(t, NewBroker)
	r.log.Patience = 5 * time.Second // on a busy machine readers are slow too
	flooder, _ := r.enter(t, "tcp")
	_, stuckEnded := r.enter(t, "narrow tcp")
	slow, slowEnded := r.enter(t, "narrow tcp")
	slowCtx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		for b := make([]byte, 100); slowCtx.Err() == nil; time.Sleep(time.Millisecond) {
			if _, err := slow.Read(b); err != nil {
				return
			}
		}
	})
	got := make([]arrival, 47)
	for i := range got {
		c, _ := r.enter(t, "tcp")
		all.Go(func() {
			a, err := arrivalOf(io.LimitReader(c, n))
			got[i] = a
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	if _, err := io.Copy(struct{ io.Writer }{flooder}, dataOf(n)); err != nil {
		t.Error(err)
	}
	for what, ended := range map[string]<-chan error{"that never reads": stuckEnded, "that is slow": slowEnded} {
		if err := testutil.Await(t, ended, "the one "+what); !errors.Is(err, share.ErrLagging) {
			t.Errorf("the one %s ended with %v", what, err)
		}
	}
	stop()
	all.Wait()
	for i, a := range got {
		expectData(t, fmt.Sprint(i), a, n)
	}
}

// One that lags over TLS is closed for that too, and nothing else is said.
func TestBrokerLagOverTLS(t *testing.T) {
	testutil.CheckLeaks(t)
	const n = 8 << 20
	r := newRoom(t, NewBroker)
	r.log.Patience = 3 * time.Second // on a busy machine the fast one is slow too
	flooder, _ := r.enter(t, "tcp")
	fast, _ := r.enter(t, "tcp")
	here, there := kindOfConn(t, "tls")
	here.(*tls.Conn).NetConn().(*net.TCPConn).SetWriteBuffer(64 << 10)
	there.(*tls.Conn).NetConn().(*net.TCPConn).SetReadBuffer(64 << 10)
	ended := serving(r.ctx, r.Serve, here)
	testutil.Eventually(t, "it has joined", func() bool { return r.log.Readers() == 3 })
	go io.Copy(struct{ io.Writer }{flooder}, dataOf(n))
	a, err := arrivalOf(io.LimitReader(fast, n))
	expectData(t, "the fast one", a, n)
	if err != nil {
		t.Error(err)
	}
	if err := testutil.Await(t, ended, "the one that never reads"); err != share.ErrLagging {
		t.Error(err)
	}
}

// Many talk at once, and each of their pieces arrives whole, in the order of
// its sender.
func TestBrokerCrossTalk(t *testing.T) {
	testutil.CheckLeaks(t)
	const talkers, lines = 8, 200
	r := newRoom(t, NewBroker)
	listener, _ := r.enter(t, "tcp")
	var all sync.WaitGroup
	for i := range talkers {
		c, _ := r.enter(t, "tcp")
		all.Go(func() { io.Copy(io.Discard, c) })
		all.Go(func() {
			for j := range lines {
				fmt.Fprintf(c, "%d %d\n", i, j)
				time.Sleep(time.Millisecond)
			}
		})
	}
	next := make([]int, talkers)
	text, err := io.ReadAll(io.LimitReader(listener, talkers*(10*4+90*5+100*6)))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		var i, j int
		if n, _ := fmt.Sscanf(line, "%d %d", &i, &j); n != 2 || i >= talkers || j != next[i] {
			t.Fatalf("line %q", line)
		}
		next[i]++
	}
	r.cancel()
	all.Wait()
}

// Datagrams stay what they are, also empty ones that say nothing, and local's.
func TestBrokerDatagrams(t *testing.T) {
	testutil.CheckLeaks(t)
	r := newRoom(t, NewBroker)
	a, _ := r.enter(t, "udp")
	b, _ := r.enter(t, "udp")
	for _, size := range []int{1, 60000, 3} {
		a.Write(bytes.Repeat([]byte("x"), size))
		buf := make([]byte, 65536)
		if n, err := b.Read(buf); n != size || err != nil {
			t.Errorf("%d bytes of %d, %v", n, size, err)
		}
	}
	io.WriteString(r.in, "one")
	io.WriteString(r.in, "two")
	for _, want := range []string{"one", "two"} {
		for _, c := range []net.Conn{a, b} {
			buf := make([]byte, 100)
			if n, err := c.Read(buf); string(buf[:n]) != want || err != nil {
				t.Errorf("%q, %v; want %q", buf[:n], err, want)
			}
		}
	}
}

// The words are those of ncat 7.93, from what it sent when it was run.
func TestChat(t *testing.T) {
	testutil.CheckLeaks(t)
	r := newRoom(t, NewChat)
	a, _ := r.enter(t, "tcp")
	expectString(t, "a", a, "<announce> 127.0.0.1 is connected as <user4>.\n<announce> already connected: nobody.\n")
	b, _ := r.enter(t, "tcp")
	joined := "<announce> 127.0.0.1 is connected as <user5>.\n<announce> already connected: 127.0.0.1 as <user4>.\n"
	expectString(t, "a", a, joined)
	expectString(t, "b", b, joined)
	io.WriteString(b, "from-b\x01\x1b[1m\ttab\r\n\nno end")
	expectString(t, "a", a, "<user5> from-b\\001\\033[1m\ttab\n<user5> \n<user5> no end\n")
	io.WriteString(r.in, "from local\n")
	expectString(t, "a", a, "<user0> from local\n")
	expectString(t, "b", b, "<user0> from local\n")
	expectSilence(t, "b", b)
	c, _ := r.enter(t, "unix")
	joined = "<announce> localhost is connected as <user6>.\n<announce> already connected: 127.0.0.1 as <user4>, 127.0.0.1 as <user5>.\n"
	for name, to := range map[string]net.Conn{"a": a, "b": b, "c": c} {
		expectString(t, name, to, joined)
	}
	io.WriteString(c, "last words")
	c.Close()
	for name, to := range map[string]net.Conn{"a": a, "b": b} {
		expectString(t, name, to, "<user6> last words\n<announce> <user6> is disconnected.\n")
	}
}

// A line that is very long becomes several, each with its name.
func TestChatLongLine(t *testing.T) {
	const maxLine = 4 << 10
	testutil.CheckLeaks(t)
	r := newRoom(t, NewChat)
	a, _ := r.enter(t, "tcp")
	b, _ := r.enter(t, "tcp")
	io.WriteString(b, strings.Repeat("x", 10_000)+"\n")
	go io.Copy(io.Discard, b)
	a.SetReadDeadline(time.Now().Add(brokerPatience))
	var got strings.Builder
	for io.WriteString(b, "z\n"); !strings.HasSuffix(got.String(), "z\n"); {
		buf := make([]byte, 1000)
		n, err := a.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got.Write(buf[:n])
	}
	_, text, _ := strings.Cut(got.String(), "<user5> ")
	want := strings.Repeat("x", maxLine) + "\n<user5> " + strings.Repeat("x", maxLine) + "\n<user5> " +
		strings.Repeat("x", 10_000-2*maxLine) + "\n<user5> z\n"
	if text != want {
		t.Errorf("%q", text)
	}
}
