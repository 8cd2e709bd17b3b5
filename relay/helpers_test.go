package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"gonc/internal/testutil"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	// What the runtime starts once, so that it is no leak of a test's.
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT)
	signal.Stop(c)
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close()
	}
	os.Exit(m.Run())
}

// An ending is what a relay returned.
type ending struct {
	Totals
	err error
}

// piping runs Pipe.
func piping(ctx context.Context, local, remote End, p Policy) <-chan ending {
	return testutil.Background(func() ending {
		totals, err := Pipe(ctx, local, remote, p)
		return ending{totals, err}
	})
}

// serving runs h on c.
func serving(ctx context.Context, h Handler, c net.Conn) <-chan error {
	return testutil.Background(func() error { return h(ctx, c) })
}

// bothWays runs test once with zero copy and once without.
func bothWays(t *testing.T, test func(*testing.T)) {
	t.Run("zerocopy", func(t *testing.T) {
		if zeroCopy == nil {
			t.Skip("not on this system")
		}
		test(t)
	})
	t.Run("plain", func(t *testing.T) {
		plain(t)
		test(t)
	})
}

// plain switches zero copy off for the rest of t.
func plain(t testing.TB) {
	was := zeroCopy
	zeroCopy = nil
	t.Cleanup(func() { zeroCopy = was })
}

// must returns v and panics if there is an error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func listen(t testing.TB, network string) net.Listener {
	t.Helper()
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = filepath.Join(t.TempDir(), "s")
	}
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Skipf("no %s here: %v", network, err)
	}
	return ln
}

// connected returns the two ends of a connection, closed at the end of t.
func connected(t testing.TB, network string) (here, there net.Conn) {
	t.Helper()
	switch network {
	case "pipe":
		here, there = net.Pipe()
	case "udp":
		here, there = connectedUDP()
	default:
		ln := listen(t, network)
		defer ln.Close()
		accepted := testutil.Background(func() net.Conn { return must(ln.Accept()) })
		here = must(net.Dial(network, ln.Addr().String()))
		there = testutil.Await(t, accepted, "the connection")
	}
	t.Cleanup(func() { here.Close(); there.Close() })
	return here, there
}

func connectedUDP() (here, there net.Conn) {
	a := must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	b := must(net.DialUDP("udp4", nil, a.LocalAddr().(*net.UDPAddr)))
	at := b.LocalAddr().(*net.UDPAddr)
	addr := a.LocalAddr().(*net.UDPAddr)
	a.Close()
	c := must(net.DialUDP("udp4", addr, at))
	for _, uc := range []*net.UDPConn{b, c} {
		uc.SetReadBuffer(1 << 20) // or two of the largest datagrams are one too many
	}
	return c, b
}

func tcpPair(t testing.TB) (here, there *net.TCPConn) {
	t.Helper()
	a, b := connected(t, "tcp")
	return a.(*net.TCPConn), b.(*net.TCPConn)
}

// A data is a stream of n bytes that look random and never repeat in step
// with a buffer, from where it stands on. The race detector takes long over
// its bytes, which are not shared.
type data struct{ at, n int64 }

// block has a length that is prime.
var block = func() []byte {
	b := make([]byte, 1048583)
	x := uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x >> 32)
	}
	return b
}()

//go:norace
func (d *data) Read(p []byte) (n int, err error) {
	if d.at == d.n {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), d.n-d.at)]
	for n < len(p) {
		k := copy(p[n:], block[(d.at+int64(n))%int64(len(block)):])
		n += k
	}
	d.at += int64(n)
	return n, nil
}

func dataOf(n int64) *data { return &data{n: n} }

func bytesOf(n int64) []byte { return must(io.ReadAll(dataOf(n))) }

// An arrival is what came of a data: how many bytes, and at which of them it
// first differed, or -1.
type arrival struct{ n, wrong int64 }

// arrivalOf reads r to its end.
func arrivalOf(r io.Reader) (arrival, error) {
	a := arrival{wrong: -1}
	_, err := io.CopyBuffer(&a, struct{ io.Reader }{r}, make([]byte, 256<<10))
	return a, err
}

// Write compares p with what has to come next.
//
//go:norace
func (a *arrival) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		want := block[a.n%int64(len(block)):]
		want = want[:min(len(want), len(rest))]
		if a.wrong < 0 && !bytes.Equal(rest[:len(want)], want) {
			a.wrong = a.n
			for i := 0; rest[i] == want[i]; i++ {
				a.wrong++
			}
		}
		a.n += int64(len(want))
		rest = rest[len(want):]
	}
	return len(p), nil
}

// expectData checks what came.
func expectData(t testing.TB, what string, got arrival, n int64) {
	t.Helper()
	if got.n != n || got.wrong >= 0 {
		t.Errorf("%s: got %d bytes of %d, the first wrong one at %d", what, got.n, n, got.wrong)
	}
}

// A peer is the program at the other end of a connection: it sends so many
// bytes and reads what it is sent.
type peer struct {
	sent error
	got  arrival
	err  error
}

// peering sends n bytes to c and half-closes it while it reads all that comes.
// Where nothing can be half-closed it closes c after it has got want bytes.
func peering(c net.Conn, n, want int64) <-chan peer {
	return testutil.Background(func() (p peer) {
		hc, canHalfClose := c.(halfCloser)
		sent := testutil.Background(func() error {
			_, err := io.Copy(struct{ io.Writer }{c}, dataOf(n))
			if canHalfClose {
				err = errors.Join(err, hc.CloseWrite())
			}
			return err
		})
		var from io.Reader = c
		if !canHalfClose {
			from = io.LimitReader(c, want)
		}
		p.got, p.err = arrivalOf(from)
		p.sent = <-sent
		c.Close()
		return p
	})
}

// expectPeer checks what a peer got and that it could send all.
func expectPeer(t testing.TB, p peer, n int64) {
	t.Helper()
	if p.sent != nil || p.err != nil {
		t.Errorf("the peer: sending: %v; receiving: %v", p.sent, p.err)
	}
	expectData(t, "the peer", p.got, n)
}

// expectTotals checks how a relay ended that lost nothing.
func expectTotals(t testing.TB, got ending, up, down int64) {
	t.Helper()
	if got.err != nil {
		t.Errorf("the relay failed: %v", got.err)
	}
	if got.Sent != up || got.Received != down {
		t.Errorf("sent %d of %d, received %d of %d", got.Sent, up, got.Received, down)
	}
	if got.FirstByte.IsZero() != (down == 0) {
		t.Errorf("first byte at %v", got.FirstByte)
	}
}

func expectLocal(t testing.TB, err error, op string, cause error) {
	t.Helper()
	var local *LocalError
	if !errors.As(err, &local) || local.Op != op || !errors.Is(err, cause) {
		t.Errorf("got %T %v, want a failed %s: %v", err, err, op, cause)
	}
}

// tempFile returns an empty file.
func tempFile(t testing.TB, flags int) *os.File {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "f"), os.O_RDWR|os.O_CREATE|flags, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// dataFile returns a file of n bytes of data that are still to be read, after some
// others that have been.
func dataFile(t testing.TB, n int64) *os.File {
	t.Helper()
	const before = 1000
	f := tempFile(t, 0)
	must(f.Write(make([]byte, before)))
	must(io.Copy(f, dataOf(n)))
	must(f.Seek(before, io.SeekStart))
	return f
}

// reset closes c in the way that sends a reset.
func reset(t testing.TB, c net.Conn) {
	t.Helper()
	if err := c.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	c.Close()
}
