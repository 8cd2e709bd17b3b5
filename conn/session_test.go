package conn

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// A testDemux is a demux with one socket, which the test does not read.
type testDemux struct {
	*demux
	c sharedSocket
}

func (d *testDemux) deliver(from route, datagram []byte) *session {
	return d.demux.deliver(source{d.c, from}, datagram)
}

func (d *testDemux) endAll() { d.demux.endAll(d.c) }

func newTestDemux(l *Listener, uc *net.UDPConn) *testDemux {
	d := newDemux(newServer(l, nil))
	return &testDemux{d, &sharedUDP{UDPConn: uc, d: d}}
}

// loopless returns a demux with a socket.
func loopless(t *testing.T, l *Listener) *testDemux {
	uc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { uc.Close() })
	return newTestDemux(l, uc)
}

func sender(port uint16) route { return route{remote: netip.AddrPortFrom(testutil.Loopback4, port)} }

// readAll reads what a session has, up to an error.
func readAll(s *session) (texts []string, err error) {
	buf := make([]byte, maxDatagram)
	for {
		n, err := s.Read(buf)
		if err != nil {
			return texts, err
		}
		texts = append(texts, string(buf[:n]))
	}
}

// Each sender has a session, which ends with what it still holds and io.EOF.
func TestSessionDemux(t *testing.T) {
	d := loopless(t, &Listener{})
	a, b := d.deliver(sender(1), []byte("a1")), d.deliver(sender(2), []byte("b1"))
	if a == nil || b == nil || a == b {
		t.Fatal("no session for each")
	}
	for _, text := range []string{"", "a3"} {
		if d.deliver(sender(1), []byte(text)) != nil {
			t.Error("a second session for the same sender")
		}
	}
	d.endAll()
	for s, want := range map[*session]string{a: `["a1" "" "a3"]`, b: `["b1"]`} {
		got, err := readAll(s)
		if text := quoted(got); text != want || err != io.EOF {
			t.Errorf("%s, %v; want %s", text, err, want)
		}
	}
}

func quoted(texts []string) string {
	var b bytes.Buffer
	for i, s := range texts {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Quote(s))
	}
	return "[" + b.String() + "]"
}

// A queue is bounded, for empty datagrams too, and has room again once it is
// read.
func TestSessionQueueBound(t *testing.T) {
	for _, size := range []int{0, 1, 1400, maxDatagram} {
		d := loopless(t, &Listener{})
		datagram := make([]byte, size)
		s := d.deliver(sender(1), datagram)
		for range queueLimit/(size+datagramCost) + 10 {
			d.deliver(sender(1), datagram)
		}
		if want := queueLimit / (size + datagramCost); len(s.queue) != want {
			t.Errorf("%d bytes: %d datagrams are queued, want %d", size, len(s.queue), want)
		}
		for range 2 { // of the empty ones, one makes no room for one that is not
			s.Read(datagram)
		}
		d.deliver(sender(1), []byte("next"))
		d.endAll()
		got, _ := readAll(s)
		if got[len(got)-1] != "next" || s.cost != 0 {
			t.Errorf("%d bytes: no room after a read; the queue costs %d", size, s.cost)
		}
	}
}

// A session that is closed is closed for good, and its sender has another.
func TestSessionClose(t *testing.T) {
	d := loopless(t, &Listener{})
	s := d.deliver(sender(1), []byte("unread"))
	s.SetDeadline(time.Now().Add(time.Hour))
	s.Close()
	if s.read.timer != nil || s.write.timer != nil {
		t.Error("its timers go on")
	}
	_, readErr := s.Read(make([]byte, 1))
	_, writeErr := s.Write([]byte("x"))
	for op, err := range map[string]error{"read": readErr, "write": writeErr, "set": s.SetDeadline(time.Now())} {
		var e *net.OpError
		if !errors.Is(err, net.ErrClosed) || !errors.As(err, &e) || e.Addr.String() != "127.0.0.1:1" {
			t.Errorf("%s: %v", op, err)
		}
	}
	next := d.deliver(sender(1), []byte("again"))
	if next == nil || next == s {
		t.Fatal("no other session")
	}
	s.Close() // not the other's
	if d.deliver(sender(1), nil) != nil {
		t.Error("the other session is forgotten")
	}
}

// A deadline is that of a socket: it ends reads, also those that wait, until
// another is set, and what is queued is not lost.
func TestSessionDeadline(t *testing.T) {
	d := loopless(t, &Listener{})
	s := d.deliver(sender(1), []byte("queued"))
	defer s.Close()
	s.SetReadDeadline(time.Now().Add(-time.Second))
	buf := make([]byte, 10)
	if _, err := s.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("past: %v", err)
	}
	s.SetReadDeadline(time.Time{})
	if n, err := s.Read(buf); string(buf[:n]) != "queued" || err != nil {
		t.Errorf("none: %q, %v", buf[:n], err)
	}
	for range 1000 { // however close it is
		s.SetDeadline(time.Now().Add(time.Microsecond))
		if _, err := s.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("near: %v", err)
		}
	}
	s.SetReadDeadline(time.Now().Add(time.Hour))
	waits := make(chan error, 1)
	go func() {
		_, err := s.Read(buf)
		waits <- err
	}()
	s.SetReadDeadline(time.Unix(1, 0))
	if err := await(t, waits); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("brought forward: %v", err)
	}
	s.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	s.SetReadDeadline(time.Time{})
	time.AfterFunc(20*time.Millisecond, func() { d.deliver(sender(1), []byte("late")) })
	if n, err := s.Read(buf); string(buf[:n]) != "late" || err != nil {
		t.Errorf("taken back: %q, %v", buf[:n], err)
	}
}

// A fullSocket has no room for what goes to port 1 until it has been asked for
// it room times, and tells that it was asked.
type fullSocket struct {
	sharedSocket
	room  atomic.Int64
	asked chan bool
}

func (f *fullSocket) sender(to route) func([]byte) error {
	send := f.sharedSocket.sender(to)
	if to.remote.Port() != 1 {
		return send
	}
	return func(b []byte) error {
		if f.room.Add(-1) >= 0 {
			select {
			case f.asked <- true:
			default:
			}
			return os.NewSyscallError("sendmsg", syscall.EAGAIN)
		}
		return send(b)
	}
}

// A session for whose datagram there is no room waits by itself, until there
// is or its deadline has passed or it is closed, and the others go on.
func TestSessionNoRoom(t *testing.T) {
	d := loopless(t, &Listener{})
	full := &fullSocket{sharedSocket: d.c, asked: make(chan bool, 1)}
	d.c = full
	other := dialTo(t, "udp", d.c.LocalAddr().String())
	slow, fast := d.deliver(sender(1), []byte("queued")), d.deliver(sender(addr.PortOf(other.LocalAddr())), nil)
	wrote := make(chan error, 1)
	write := func(room int64) {
		select {
		case <-full.asked: // for the one before
		default:
		}
		full.room.Store(room)
		go func() {
			n, err := slow.Write([]byte("12345"))
			if err == nil && n != 5 {
				err = io.ErrShortWrite
			}
			wrote <- err
		}()
		await(t, full.asked)
	}
	write(3)
	if err := await(t, wrote); err != nil {
		t.Errorf("there is room again: %v", err)
	}
	write(math.MaxInt64)
	if _, err := fast.Write([]byte("hello")); err != nil {
		t.Error(err)
	}
	buf := make([]byte, 10)
	if n, err := other.Read(buf); string(buf[:n]) != "hello" || err != nil {
		t.Errorf("the other got %q, %v", buf[:n], err)
	}
	slow.SetWriteDeadline(time.Now().Add(time.Millisecond))
	if err := await(t, wrote); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("its deadline has passed: %v", err)
	}
	if n, err := slow.Read(buf); string(buf[:n]) != "queued" || err != nil {
		t.Errorf("a read before its own deadline: %q, %v", buf[:n], err)
	}
	slow.SetWriteDeadline(time.Time{})
	write(math.MaxInt64)
	slow.Close()
	if err := await(t, wrote); !errors.Is(err, net.ErrClosed) {
		t.Errorf("it is closed: %v", err)
	}
}

// The first of MaxConns+1 senders that was silent longest makes room for the
// last: no sender is ever ignored.
func TestSessionMakesRoom(t *testing.T) {
	const most = 3
	ended := make(chan net.Addr, 100)
	l := &Listener{Network: "udp", Address: addr.Addr{Host: "127.0.0.1"}, KeepOpen: true, MaxConns: most,
		OnRefused: func(r Rejection) { t.Errorf("%v is refused", r.Remote) },
		OnEnd:     func(a net.Addr, _ error) { ended <- a }}
	s := serve(t, l, echoDatagrams)
	var clients []net.Conn
	for range most {
		clients = append(clients, dialTo(t, "udp", s.addr("127.0.0.1")))
		exchange(t, clients[len(clients)-1], "hello")
	}
	exchange(t, clients[0], "still here")
	for _, i := range []int{1, 2, 0, 3, 4} {
		clients = append(clients, dialTo(t, "udp", s.addr("127.0.0.1")))
		exchange(t, clients[len(clients)-1], "new")
		if a := await(t, ended); a.String() != clients[i].LocalAddr().String() {
			t.Fatalf("%v has ended, want client %d", a, i)
		}
	}
}

// Sessions that have made room and do not end are bounded too.
func TestSessionStuckHandlers(t *testing.T) {
	const most = 5
	var refused, running atomic.Int64
	l := &Listener{Network: "udp", Address: addr.Addr{Host: "127.0.0.1"}, KeepOpen: true, MaxConns: most,
		OnRefused: func(r Rejection) { refused.Add(int64(1 + r.More)) }}
	s := serve(t, l, func(ctx context.Context, c net.Conn) error {
		running.Add(1)
		defer running.Add(-1)
		<-ctx.Done()
		return c.Close()
	})
	for range 4 * most {
		dialTo(t, "udp", s.addr("127.0.0.1")).Write([]byte("x"))
	}
	testutil.Eventually(t, "the others are refused", func() bool { return refused.Load() == 2*most || running.Load() > 2*most })
	if n := running.Load(); n > 2*most {
		t.Errorf("%d handlers are running", n)
	}
}
