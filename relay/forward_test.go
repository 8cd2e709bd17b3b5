package relay

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// A forwarding is a Forward with a client and a target, which the test has.
type forwarding struct {
	client, target net.Conn
	ended          <-chan error
}

// forwarded runs a Forward between a connection of each kind: tcp, unix, tls or header.
func forwarded(t testing.TB, ctx context.Context, clientKind, targetKind string, p Policy) forwarding {
	t.Helper()
	here, client := kindOfConn(t, clientKind)
	out, target := kindOfConn(t, targetKind)
	f := &Forward{Dial: func(context.Context) (net.Conn, error) { return out, nil }, Policy: p}
	return forwarding{client, target, serving(ctx, f.Serve, here)}
}

func kindOfConn(t testing.TB, kind string) (here, there net.Conn) {
	switch kind {
	case "header":
		here, there = connected(t, "tcp")
		return headed{here.(*net.TCPConn)}, there
	case "tcp", "unix":
		return connected(t, kind)
	}
	a, b := connected(t, "tcp")
	server := tls.Server(a, &tls.Config{Certificates: []tls.Certificate{testCertificate()}})
	client := tls.Client(b, &tls.Config{InsecureSkipVerify: true})
	shaken := testutil.Background(server.Handshake)
	if err := errors.Join(client.Handshake(), <-shaken); err != nil {
		t.Fatal(err)
	}
	return server, client
}

var testCertificate = sync.OnceValue(func() tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour)}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

// A headed connection is as one whose PROXY header has been read.
type headed struct{ *net.TCPConn }

func (c headed) NetConn() net.Conn { return c.TCPConn }

var forwardKinds = []struct{ client, target string }{{"tcp", "tcp"}, {"unix", "tcp"}, {"tcp", "unix"}, {"tls", "tcp"}, {"tcp", "tls"}, {"header", "tcp"}}

// eachForward runs test for each pair of kinds.
func eachForward(t *testing.T, test func(t *testing.T, f forwarding)) {
	for _, k := range forwardKinds {
		t.Run(k.client+" to "+k.target, func(t *testing.T) {
			testutil.CheckLeaks(t)
			test(t, forwarded(t, context.Background(), k.client, k.target, Policy{}))
		})
	}
}

// Both directions arrive whole, and the half-close of each side reaches the
// other.
func TestForward(t *testing.T) {
	const up, down = 5<<20 + 1, 3<<20 + 7
	bothWays(t, func(t *testing.T) {
		eachForward(t, func(t *testing.T, f forwarding) {
			client, target := peering(f.client, up, 0), peering(f.target, down, 0)
			expectPeer(t, testutil.Await(t, client, "the client"), down)
			expectPeer(t, testutil.Await(t, target, "the target"), up)
			if err := testutil.Await(t, f.ended, "the session"); err != nil {
				t.Error(err)
			}
		})
	})
}

// A request whose client half-closes gets its answer.
func TestForwardHalfClose(t *testing.T) {
	eachForward(t, func(t *testing.T, f forwarding) {
		must(io.WriteString(f.client, "question"))
		f.client.(halfCloser).CloseWrite()
		if b, err := io.ReadAll(f.target); string(b) != "question" || err != nil {
			t.Errorf("the target got %q, %v", b, err)
		}
		must(io.WriteString(f.target, "answer"))
		f.target.Close()
		if b, err := io.ReadAll(f.client); string(b) != "answer" || err != nil {
			t.Errorf("the client got %q, %v", b, err)
		}
		if err := testutil.Await(t, f.ended, "the session"); err != nil {
			t.Error(err)
		}
	})
}

// A reset of either side arrives as a reset at the other, and the error names
// the side.
func TestForwardReset(t *testing.T) {
	for _, kind := range []string{"tcp", "tls"} {
		for _, byClient := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, by client %v", kind, byClient), func(t *testing.T) {
				testutil.CheckLeaks(t)
				f := forwarded(t, context.Background(), kind, kind, Policy{})
				from, to, name := f.client, f.target, "connection from "
				if !byClient {
					from, to, name = f.target, f.client, "target "
				}
				must(io.WriteString(from, "hello"))
				must(io.ReadFull(to, make([]byte, 5)))
				reset(t, bareConn(from))
				to.SetReadDeadline(time.Now().Add(testutil.Timeout))
				if _, err := to.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("the other side read: %v", err)
				}
				err := testutil.Await(t, f.ended, "the session")
				var peer *PeerError
				if !errors.As(err, &peer) || !strings.HasPrefix(peer.Name, name) || !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("ended with %T %v", err, err)
				}
			})
		}
	}
}

// A reset arrives as one, too, where a write to the side that sent it was the
// first to see it.
func TestForwardResetOfStalledWrite(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		f := forwarded(t, context.Background(), "tcp", "tcp", Policy{})
		f.client.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		if _, err := io.Copy(f.client, struct{ io.Reader }{dataOf(64 << 20)}); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("the client wrote: %v", err)
		}
		must(io.WriteString(f.target, "hello"))
		must(io.ReadFull(f.client, make([]byte, 5)))
		reset(t, f.target)
		f.client.SetReadDeadline(time.Now().Add(testutil.Timeout))
		if _, err := f.client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the client read: %v", err)
		}
		if err := testutil.Await(t, f.ended, "the session"); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("ended with %v", err)
		}
	})
}

// The error of a reset goes before the EPIPE of a write beside the read that took
// it, whichever is reported first, but not before that of standard output.
func TestRefusedWriteOfReset(t *testing.T) {
	here, _ := tcpPair(t)
	out, _ := tcpPair(t)
	for _, c := range []struct {
		local       End
		writes      side
		first, want error
	}{
		{Conn(here), remote, syscall.EPIPE, syscall.ECONNRESET},
		{Conn(here), local, syscall.EPIPE, syscall.EPIPE},
		{Conn(here), remote, syscall.ETIMEDOUT, syscall.ETIMEDOUT},
		{End{R: here, W: here}, local, syscall.EPIPE, syscall.EPIPE},
	} {
		other := Conn(out)
		x := newReferee(&c.local, &other, Policy{})
		x.handle(event{kind: evWriteError, side: c.writes, err: c.first})
		x.handle(event{kind: evReadError, side: remote, err: syscall.ECONNRESET, reset: true})
		if x.err != c.want {
			t.Errorf("%v of a write to side %d: ended with %v", c.first, c.writes, x.err)
		}
	}
}

// A TLS peer that is cut off without close_notify may have had more to say:
// the other side does not take what it got for the whole.
func TestForwardCutShort(t *testing.T) {
	testutil.CheckLeaks(t)
	f := forwarded(t, context.Background(), "tls", "tcp", Policy{})
	must(io.WriteString(f.client, "part"))
	must(io.ReadFull(f.target, make([]byte, 4)))
	bare := bareConn(f.client).(*net.TCPConn)
	must(bare.Write([]byte{23, 3, 3})) // the beginning of a record (RFC 8446 section 5.1)
	bare.CloseWrite()
	if _, err := f.target.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the target read: %v", err)
	}
	if err := testutil.Await(t, f.ended, "the session"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("ended with %v", err)
	}
}

// A target that cannot be reached resets the client.
func TestForwardUnreachable(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	refused := errors.New("refused")
	f := &Forward{Dial: func(context.Context) (net.Conn, error) { return nil, refused }}
	if err := testutil.Await(t, serving(context.Background(), f.Serve, here), "the session"); err != refused {
		t.Errorf("ended with %v", err)
	}
	if _, err := there.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client read: %v", err)
	}
}

// A side that takes nothing holds up the other one and its memory is bounded:
// what is read is no more than the system's buffers and one piece.
func TestForwardSlowSide(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		slow := forwarded(t, context.Background(), "tcp", "tcp", Policy{})
		other := forwarded(t, context.Background(), "tcp", "tcp", Policy{})
		feeding := peering(slow.client, 64<<20, 0)
		client, target := peering(other.client, 1<<20, 0), peering(other.target, 1<<20, 0)
		expectPeer(t, testutil.Await(t, client, "the client"), 1<<20)
		expectPeer(t, testutil.Await(t, target, "the target"), 1<<20)
		select {
		case <-feeding:
			t.Error("64 MiB went to a side that reads nothing")
		default:
		}
		a, err := arrivalOf(slow.target)
		if err != nil {
			t.Error(err)
		}
		expectData(t, "the slow side", a, 64<<20)
		slow.target.Close()
		testutil.Await(t, feeding, "the feeder")
		for _, f := range []forwarding{slow, other} {
			if err := testutil.Await(t, f.ended, "a session"); err != nil {
				t.Error(err)
			}
		}
	})
}

// Many at once, each with its own bytes.
func TestForwardMany(t *testing.T) {
	const n = 500
	testutil.CheckLeaks(t)
	forwards := make([]forwarding, n)
	for i := range forwards {
		forwards[i] = forwarded(t, context.Background(), "tcp", "tcp", Policy{})
	}
	var all sync.WaitGroup
	for _, f := range forwards {
		all.Go(func() {
			client, target := peering(f.client, 10_000, 0), peering(f.target, 20_000, 0)
			expectPeer(t, <-client, 20_000)
			expectPeer(t, <-target, 10_000)
			if err := <-f.ended; err != nil {
				t.Error(err)
			}
		})
	}
	testutil.Await(t, testutil.Background(func() bool { all.Wait(); return true }), "all of them")
}

// Bulk both ways at once: 64 MiB, or with GONC_TEST_BULK 2 GiB.
func TestForwardBulk(t *testing.T) {
	size := int64(64 << 20)
	if os.Getenv("GONC_TEST_BULK") != "" {
		size = 2 << 30
	}
	for _, k := range []struct{ client, target string }{{"tcp", "tcp"}, {"unix", "tcp"}} {
		t.Run(k.client, func(t *testing.T) {
			testutil.CheckLeaks(t)
			f := forwarded(t, context.Background(), k.client, k.target, Policy{})
			sums := make(chan [4][]byte, 1)
			go func() {
				var s [4][]byte
				var wg sync.WaitGroup
				wg.Go(func() { s[0] = sending(f.client, size) })
				wg.Go(func() { s[1] = receiving(f.target) })
				wg.Go(func() { s[2] = sending(f.target, size-1) })
				wg.Go(func() { s[3] = receiving(f.client) })
				wg.Wait()
				sums <- s
			}()
			var s [4][]byte
			select {
			case s = <-sums:
			case <-time.After(10 * time.Minute):
				t.Fatal("timed out")
			}
			if !bytes.Equal(s[0], s[1]) || !bytes.Equal(s[2], s[3]) {
				t.Error("what arrived is not what was sent")
			}
			f.client.Close()
			f.target.Close()
			if err := testutil.Await(t, f.ended, "the session"); err != nil {
				t.Error(err)
			}
		})
	}
}

// sending sends n bytes, half-closes, and returns their digest.
func sending(c net.Conn, n int64) []byte {
	h := sha256.New()
	io.Copy(io.MultiWriter(h, struct{ io.Writer }{c}), dataOf(n))
	c.(halfCloser).CloseWrite()
	return h.Sum(nil)
}

func receiving(c net.Conn) []byte {
	var h hash.Hash = sha256.New()
	io.Copy(h, struct{ io.Reader }{c})
	return h.Sum(nil)
}

// A cancelled context ends a Forward at once, whatever it waits for, and no
// peer takes what it got for all there was. A Unix socket has no reset.
func TestForwardCancel(t *testing.T) {
	testutil.CheckLeaks(t)
	enough := errors.New("enough")
	for _, k := range forwardKinds {
		ctx, cancel := context.WithCancelCause(context.Background())
		f := forwarded(t, ctx, k.client, k.target, Policy{})
		must(io.WriteString(f.client, "x"))
		must(io.ReadFull(f.target, make([]byte, 1)))
		cancel(enough)
		if err := testutil.Await(t, f.ended, "the session"); err != enough {
			t.Errorf("%v: ended with %v", k, err)
		}
		for _, c := range []net.Conn{f.client, f.target} {
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) && bareConn(c).LocalAddr().Network() != "unix" {
				t.Errorf("%v: a peer read: %v", k, err)
			}
		}
	}
}

// A peer that sends a byte now and then is not idle, and one that stops is.
func TestForwardIdle(t *testing.T) {
	testutil.CheckLeaks(t)
	const limit = 1500 * time.Millisecond
	f := forwarded(t, context.Background(), "tcp", "tcp", Policy{Idle: limit})
	begin := time.Now()
	for range 5 {
		time.Sleep(limit / 3)
		must(f.target.Write([]byte{1}))
	}
	if err := testutil.Await(t, f.ended, "the session"); err != ErrIdle {
		t.Errorf("ended with %v", err)
	}
	if took := time.Since(begin); took < 5*limit/3+limit {
		t.Errorf("ended after %v", took)
	}
	for _, c := range []net.Conn{f.client, f.target} {
		if _, err := io.Copy(io.Discard, c); err == nil {
			t.Error("a peer takes what it got for all there was")
		}
	}
}
