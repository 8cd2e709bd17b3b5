package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/share"
)

// askReply sends text to a Reply, by way of a connection of its own, and returns
// what came back.
func askReply(t *testing.T, r *Reply, network, text string) (answer string, err error) {
	t.Helper()
	here, there := connected(t, network)
	there.SetDeadline(time.Now().Add(testutil.Timeout))
	ended := serving(context.Background(), r.Serve, here)
	must(io.WriteString(there, text))
	if text == "" {
		there.(halfCloser).CloseWrite()
	}
	b, err := io.ReadAll(there)
	if err != nil {
		t.Errorf("the client: %v", err)
	}
	there.Close()
	return string(b), testutil.Await(t, ended, "the session")
}

// The text comes after the first bytes, or the end, of a stream, and only
// once; what was sent goes to Local.
func TestReply(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, text := range []string{"", "hello", strings.Repeat("x", 100_000)} {
			t.Run(network, func(t *testing.T) {
				testutil.CheckLeaks(t)
				var out bytes.Buffer
				answer, err := askReply(t, &Reply{Text: []byte("ACK!"), Local: End{W: &out}}, network, text)
				if answer != "ACK!" || err != nil || out.String() != text {
					t.Errorf("answered %q, %v, to %q", answer, err, &out)
				}
			})
		}
	}
}

// Many clients at once.
func TestReplyMany(t *testing.T) {
	testutil.CheckLeaks(t)
	var out bytes.Buffer
	r := &Reply{Text: []byte("ACK!"), Local: End{W: share.Locked(&out)}}
	var group sync.WaitGroup
	for range 50 {
		here, there := connected(t, "tcp")
		group.Go(func() { r.Serve(context.Background(), here) })
		group.Go(func() {
			io.WriteString(there, "hello ")
			if b, err := io.ReadAll(there); string(b) != "ACK!" || err != nil {
				t.Errorf("answered %q, %v", b, err)
			}
			there.Close()
		})
	}
	testutil.Await(t, testutil.Background(func() error { group.Wait(); return nil }), "all")
	if out.String() != strings.Repeat("hello ", 50) {
		t.Errorf("%d bytes came", out.Len())
	}
}

// The reply reaches a client that goes on sending.
func TestReplyDrains(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	var out arrival
	out.wrong = -1
	r := &Reply{Text: []byte("ACK!"), Local: End{W: &out}}
	ended := serving(context.Background(), r.Serve, here)
	expectReply(t, there, 5<<20)
	if err := testutil.Await(t, ended, "the session"); err != nil {
		t.Error(err)
	}
	expectData(t, "standard output", out, 5<<20)
}

// expectReply sends n bytes and then reads the reply.
func expectReply(t *testing.T, there net.Conn, n int64) {
	t.Helper()
	if _, err := io.Copy(struct{ io.Writer }{there}, dataOf(n)); err != nil {
		t.Errorf("the client, sending: %v", err)
	}
	there.(halfCloser).CloseWrite()
	if b, err := io.ReadAll(there); string(b) != "ACK!" || err != nil {
		t.Errorf("answered %q, %v", b, err)
	}
	there.Close()
}

// Each datagram gets a reply, also an empty one.
func TestReplyDatagrams(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := connected(t, "udp")
	there.SetDeadline(time.Now().Add(testutil.Timeout))
	local := &pieces{got: make(chan []byte, 10)}
	ctx, cancel := context.WithCancelCause(context.Background())
	r := &Reply{Text: []byte("ACK!"), Local: End{W: local}}
	ended := serving(ctx, r.Serve, here)
	buf := make([]byte, 100)
	for _, n := range []int64{1, 0, 60000} {
		must(there.Write(bytesOf(n)))
		if k, err := there.Read(buf); err != nil || string(buf[:k]) != "ACK!" {
			t.Errorf("answered %q, %v", buf[:k], err)
		}
		if n > 0 {
			if b := testutil.Await(t, local.got, "the datagram"); int64(len(b)) != n {
				t.Errorf("%d bytes came of %d", len(b), n)
			}
		}
	}
	enough := errors.New("enough")
	cancel(enough)
	if err := testutil.Await(t, ended, "the session"); err != enough {
		t.Errorf("ended with %v", err)
	}
}

// What comes behind a datagram that cannot be answered is not lost, and the
// session ends, with why it could not, when no more comes.
func TestReplyUnanswered(t *testing.T) {
	for idle, after := range map[time.Duration]time.Duration{0: replyDrain, time.Second: time.Second, time.Hour: replyDrain} {
		synctest.Test(t, func(t *testing.T) {
			here, there := net.Pipe()
			begin := time.Now()
			var out bytes.Buffer
			ended := serving(context.Background(), (&Reply{Text: []byte("ACK!"), Local: End{W: &out}, Idle: idle}).Serve, unanswerable{here})
			for _, text := range []string{"one ", "two ", "three"} {
				must(io.WriteString(there, text))
			}
			if err := <-ended; err != syscall.EDESTADDRREQ || out.String() != "one two three" {
				t.Errorf("ended with %v, after %q", err, &out)
			}
			if took := time.Since(begin); took != after {
				t.Errorf("took %v", took)
			}
		})
	}
}

// An unanswerable is a datagram connection that cannot be written.
type unanswerable struct{ net.Conn }

func (unanswerable) LocalAddr() net.Addr         { return &net.UnixAddr{Net: "unixgram"} }
func (unanswerable) Write(b []byte) (int, error) { return 0, syscall.EDESTADDRREQ }

// What could be answered forever is not: the text itself, what comes from the
// socket's own address, or from a port where everything is answered.
func TestReplyLoops(t *testing.T) {
	for _, c := range []struct {
		name, text  string
		own, sender string
		answered    bool
	}{
		{"a client", "hello", "192.0.2.1:9999", "192.0.2.2:40000", true},
		{"its own text", "ACK!", "192.0.2.1:9999", "192.0.2.2:40000", false},
		{"its own address", "hello", "192.0.2.1:9999", "192.0.2.1:9999", false},
		{"an address of its own", "hello", "0.0.0.0:9999", "127.0.0.1:9999", false},
		{"the same port elsewhere", "hello", "0.0.0.0:9999", "198.51.100.2:9999", true},
		{"echo", "hello", "192.0.2.1:9999", "192.0.2.2:7", false},
		{"chargen", "hello", "192.0.2.1:9999", "192.0.2.2:19", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				here, there := net.Pipe()
				var out bytes.Buffer
				r := &Reply{Text: []byte("ACK!"), Local: End{W: &out}, Idle: time.Minute}
				ended := serving(context.Background(), r.Serve, addressed{here, udpAddr(c.own), udpAddr(c.sender)})
				go io.WriteString(there, c.text)
				there.SetReadDeadline(time.Now().Add(time.Second))
				n, err := there.Read(make([]byte, 10))
				if answered := n == 4 && err == nil; answered != c.answered {
					t.Errorf("answered: %v", answered)
				}
				there.Close()
				<-ended
				if out.String() != c.text {
					t.Errorf("received %q", &out)
				}
			})
		})
	}
}

// addressed is a datagram connection with addresses of its own.
type addressed struct {
	net.Conn
	own, peer net.Addr
}

func (a addressed) LocalAddr() net.Addr  { return a.own }
func (a addressed) RemoteAddr() net.Addr { return a.peer }

func udpAddr(s string) net.Addr { return must(net.ResolveUDPAddr("udp", s)) }

// A sender is answered so often and not more, until time has passed.
func TestReplyRate(t *testing.T) {
	begin := time.Now()
	b := bucket{tokens: replyBurst, at: begin}
	taken := func(after time.Duration) (n int) {
		for b.take(begin.Add(after)) {
			n++
		}
		return n
	}
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, replyBurst}, {time.Second, replyRate}, {time.Second, 0}, {time.Hour, replyBurst}} {
		if n := taken(c.after); n != c.want {
			t.Errorf("after %v: %d answers, want %d", c.after, n, c.want)
		}
	}
}

// An output that can't be written ends the session and is its error.
func TestReplyOutError(t *testing.T) {
	testutil.CheckLeaks(t)
	broken := errors.New("broken")
	here, there := tcpPair(t)
	r := &Reply{Text: []byte("ACK!"), Local: End{W: writerFunc(func([]byte) (int, error) { return 0, broken })}}
	ended := serving(context.Background(), r.Serve, here)
	must(io.WriteString(there, "hello"))
	expectLocal(t, testutil.Await(t, ended, "the session"), "write", broken)
}

// The times of a Reply: silence ends a session, and so does a client that
// does not end five seconds after its reply.
func TestReplyTimers(t *testing.T) {
	for _, c := range []struct {
		name  string
		idle  time.Duration
		do    func(there net.Conn)
		after time.Duration
		err   error
	}{
		{"silence", time.Minute, func(net.Conn) {}, time.Minute, ErrIdle},
		{"no limit", 0, func(there net.Conn) { time.Sleep(1000 * time.Hour); there.Close() }, 1000 * time.Hour, io.ErrClosedPipe},
		{"a client that never begins", 0, func(there net.Conn) { io.ReadAll(there) }, 15 * time.Second, ErrIdle},
		{"a client that stays", 0, func(there net.Conn) { exchange(there) }, replyDrain, nil},
		{"a client that goes on", time.Minute, func(there net.Conn) {
			exchange(there)
			for range 4 {
				time.Sleep(time.Second)
				io.WriteString(there, "more")
			}
		}, replyDrain, nil},
		{"a client that ends", time.Minute, func(there net.Conn) {
			exchange(there)
			time.Sleep(time.Second)
			there.Close()
		}, time.Second, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				here, there := net.Pipe()
				begin := time.Now()
				r := &Reply{Text: []byte("ACK!"), Idle: c.idle}
				if c.name == "a client that never begins" {
					r.Silence = 15 * time.Second
				}
				ended := serving(context.Background(), r.Serve, here)
				c.do(there)
				if err := <-ended; err != c.err {
					t.Errorf("ended with %v", err)
				}
				if took := time.Since(begin); took != c.after {
					t.Errorf("took %v", took)
				}
				there.Close()
			})
		})
	}
}

func exchange(there net.Conn) {
	io.WriteString(there, "hello")
	io.ReadFull(there, make([]byte, 4))
}
