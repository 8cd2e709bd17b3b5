package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// pieces is a reader and a writer that keep the borders between reads and
// between writes.
type pieces struct {
	give [][]byte
	next chan struct{} // if not nil: the next one, or EOF, may be given
	got  chan []byte
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.next != nil {
		<-p.next
	}
	if len(p.give) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.give[0])
	p.give[0] = p.give[0][n:]
	if len(p.give[0]) == 0 {
		p.give = p.give[1:]
	}
	return n, nil
}

func (p *pieces) Write(b []byte) (int, error) {
	p.got <- bytes.Clone(b)
	return len(b), nil
}

// Each read of local is a datagram, each datagram one write to local, and an
// empty one ends nothing.
func TestDatagrams(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := connected(t, "udp")
	sizes := []int{1, 1400, 0, 60000, maxPayload, 3}
	local := &pieces{next: make(chan struct{}), got: make(chan []byte)}
	for _, n := range []int{1, 1400, 60000, maxPayload} {
		local.give = append(local.give, bytesOf(int64(n)))
	}
	want := slices.Clone(local.give)
	relay := piping(context.Background(), End{R: local, W: local}, Conn(here), Policy{Quiet: 100 * time.Millisecond})
	there.SetReadDeadline(time.Now().Add(testutil.Timeout))
	buf := make([]byte, 1<<16)
	for _, b := range want {
		local.next <- struct{}{}
		if n, err := there.Read(buf); err != nil || !bytes.Equal(buf[:n], b) {
			t.Errorf("sent %d bytes, the peer got %d, %v", len(b), n, err)
		}
	}
	for _, n := range sizes {
		must(there.Write(bytesOf(int64(n))))
		if n == 0 {
			continue
		}
		if b := testutil.Await(t, local.got, "a datagram"); !bytes.Equal(b, bytesOf(int64(n))) {
			t.Errorf("of %d bytes %d came", n, len(b))
		}
	}
	for range 150 { // more than a stream may give nothing
		must(there.Write(nil))
	}
	must(there.Write([]byte("x")))
	if b := testutil.Await(t, local.got, "the datagram after empty ones"); string(b) != "x" {
		t.Errorf("got %q", b)
	}
	close(local.next) // only now is it quiet, however slow this machine is
	end := testutil.Await(t, relay, "the relay")
	expectTotals(t, end, 1+1400+60000+maxPayload, 1+1400+60000+maxPayload+3+1)
}

// What is read at once and longer than a datagram can be becomes several.
func TestDatagramsFromBulk(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := connected(t, "udp")
	n := int64(2*maxPayload + 1000)
	relay := piping(context.Background(), End{R: dataOf(n)}, Conn(here), Policy{Quiet: 100 * time.Millisecond})
	there.SetReadDeadline(time.Now().Add(testutil.Timeout))
	a := arrival{wrong: -1}
	buf := make([]byte, 1<<16)
	for _, want := range []int{maxPayload, maxPayload, 1000} {
		got, err := there.Read(buf)
		if err != nil || got != want {
			t.Fatalf("a datagram of %d bytes, %v; want %d", got, err, want)
		}
		a.Write(buf[:got])
	}
	expectData(t, "the peer", a, n)
	expectTotals(t, testutil.Await(t, relay, "the relay"), n, 0)
}

// A peer where nothing listens is an error, whether it is met in sending or
// in receiving.
func TestDatagramsRefused(t *testing.T) {
	for _, again := range []bool{false, true} {
		testutil.CheckLeaks(t)
		here, there := connected(t, "udp")
		there.Close()
		local := &pieces{give: [][]byte{{1}}}
		if again {
			local.give = slices.Repeat([][]byte{{1}}, 100)
		}
		end := testutil.Await(t, piping(context.Background(), End{R: local}, Conn(here), Policy{}), "the relay")
		if !errors.Is(end.err, syscall.ECONNREFUSED) {
			t.Errorf("ended with %v", end.err)
		}
	}
}

// A datagram that the network does not take is an error.
func TestDatagramTooLong(t *testing.T) {
	testutil.CheckLeaks(t)
	here, _ := connected(t, "udp")
	remote := Conn(here)
	remote.W = writerFunc(func(b []byte) (int, error) { return here.Write(make([]byte, 70_000)) })
	end := testutil.Await(t, piping(context.Background(), End{R: dataOf(1)}, remote, Policy{}), "the relay")
	if !errors.Is(end.err, syscall.EMSGSIZE) {
		t.Errorf("ended with %v", end.err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// A datagram session is over when it is quiet, and then nothing is settled.
func TestDatagramStdio(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := connected(t, "udp")
	local := &pieces{give: [][]byte{{1, 2, 3}}, got: make(chan []byte, 1)}
	s := &Stdio{Local: End{R: local, W: local}, Policy: Policy{Quiet: 2 * time.Second}}
	relay := serving(context.Background(), s.Serve, here)
	n := must(there.Read(make([]byte, 10)))
	must(there.Write(make([]byte, n)))
	if err := testutil.Await(t, relay, "the session"); err != nil || len(testutil.Await(t, local.got, "the reply")) != 3 {
		t.Errorf("ended with %v", err)
	}
}

// What Conn makes of a connection.
func TestConn(t *testing.T) {
	for _, c := range []struct {
		network             string
		datagram, halfClose bool
	}{{"tcp", false, true}, {"unix", false, true}, {"udp", true, false}, {"pipe", false, false}} {
		here, _ := connected(t, c.network)
		e := Conn(here)
		if e.Datagram != c.datagram || (e.CloseWrite != nil) != c.halfClose {
			t.Errorf("%s: datagram %v, half-close %v", c.network, e.Datagram, e.CloseWrite != nil)
		}
	}
	if c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: t.TempDir() + "/s", Net: "unixgram"}); err == nil {
		defer c.Close()
		if e := Conn(c); !e.Datagram || e.CloseWrite != nil {
			t.Error("unixgram is no datagram connection")
		}
	}
}
