package cli

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// soakTime returns how long TestSoak lasts: 4 s, or GONC_SOAK.
func soakTime(t *testing.T) time.Duration {
	text := os.Getenv("GONC_SOAK")
	if text == "" {
		return 4 * time.Second
	}
	d, err := time.ParseDuration(text)
	check(t, err)
	return d
}

// A soak is mixed traffic to one page, and what came of it.
type soak struct {
	at       string
	end      time.Time
	answers  atomic.Int64
	rejected atomic.Int64 // with a status that is not 200, where that is right
	ended    atomic.Int64 // connections of clients that want no answer
	failed   atomic.Int64

	mu    sync.Mutex
	wrong []error // the first ones
	took  []time.Duration
}

// soakTraffic is one visit each of the kinds of clients. What it returns is
// what the page did wrong.
var soakTraffic = map[string]func(*soak, *soakClient) error{
	"keep-alive":         (*soak).keepsAlive,
	"pipelined":          (*soak).pipelines,
	"bodies":             (*soak).posts,
	"HEAD":               (*soak).asksForHeads,
	"one a connection":   (*soak).asksOnce,
	"slow":               (*soak).asksSlowly,
	"resets":             (*soak).resets,
	"garbage":            (*soak).talksGarbage,
	"truncated TLS":      (*soak).beginsTLS,
	"never reads":        (*soak).neverReads,
	"says nothing":       (*soak).saysNothing,
	"leaves in a body":   (*soak).leavesInBody,
	"too large, refused": (*soak).sendsTooMuch,
}

// TestSoak serves mixed traffic, of good clients and bad ones, for 4 s; with
// GONC_SOAK=5m for 5 minutes. All that should be answered is answered, a
// well-behaved client is not kept waiting, and nothing is left behind.
func TestSoak(t *testing.T) {
	skipShort(t)
	long := soakTime(t)
	server, port := quietPage(t)
	pageLatency(t, port, 1)
	before := footprintOf(t, server)
	runSoak(t, port, long/5)
	before.rss = figure(t, server, "status", "VmRSS") // what the work needs is no leak
	cpu := processorTime(t, server)
	s := runSoak(t, port, long*4/5)
	cpu = processorTime(t, server) - cpu
	t.Logf("%d requests answered, %d refused as they must be, %d connections that want no answer, %d errors in %v; %v of processor time",
		s.answers.Load(), s.rejected.Load(), s.ended.Load(), s.failed.Load(), long*4/5, cpu)
	slices.Sort(s.took)
	t.Logf("a well-behaved client: %v at the median of %d, %v at 99 %%, %v at most",
		median(s.took), len(s.took), s.took[len(s.took)*99/100], s.took[len(s.took)-1])
	for _, err := range s.wrong {
		t.Error(err)
	}
	if median(s.took) > time.Second {
		t.Error("that is too long")
	}
	check(t, getPage("tcp", loopback4(port)))
	backTo(t, server, before, 8<<10)
	if n := dump(t, server); n > idleGoroutines {
		t.Errorf("%d goroutines are left\n%s", n, server)
	}
}

// runSoak has two clients of each kind, and one whose time is taken.
func runSoak(t *testing.T, port string, long time.Duration) *soak {
	s := &soak{at: loopback4(port), end: time.Now().Add(long)}
	var all sync.WaitGroup
	for kind, visit := range soakTraffic {
		for i := range 2 {
			c := &soakClient{kind: kind, rand: rand.New(rand.NewPCG(uint64(len(kind)), uint64(i)))}
			all.Go(func() { s.repeat(c, visit) })
		}
	}
	all.Go(s.measure)
	all.Wait()
	return s
}

// A soakClient visits again and again.
type soakClient struct {
	kind string
	rand *rand.Rand
	*net.TCPConn
	r *bufio.Reader
}

// repeat makes one visit after another, a hundred a second at most, so that
// every kind has its share.
func (s *soak) repeat(c *soakClient, visit func(*soak, *soakClient) error) {
	for time.Now().Before(s.end) {
		next := time.Now().Add(10 * time.Millisecond)
		conn, err := net.DialTimeout("tcp", s.at, patience)
		if err == nil {
			conn.SetDeadline(time.Now().Add(patience))
			c.TCPConn = conn.(*net.TCPConn)
			c.r = bufio.NewReader(conn)
			err = visit(s, c)
			conn.Close()
		}
		if err != nil {
			s.fault(fmt.Errorf("%s: %w", c.kind, err))
		}
		time.Sleep(time.Until(next))
	}
}

func (s *soak) fault(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed.Add(1) <= 10 {
		s.wrong = append(s.wrong, err)
	}
}

// measure asks for the page every 10 ms and takes the time.
func (s *soak) measure() {
	for ; time.Now().Before(s.end); time.Sleep(10 * time.Millisecond) {
		begin := time.Now()
		if err := getPage("tcp", s.at); err != nil {
			s.fault(err)
		}
		s.took = append(s.took, time.Since(begin))
	}
}

// ask sends text and reads an answer that must have this status.
func (s *soak) ask(c *soakClient, text, method string, status int) error {
	if _, err := io.WriteString(c, text); err != nil {
		return err
	}
	return s.answered(c, method, status)
}

// answered reads an answer.
func (s *soak) answered(c *soakClient, method string, status int) error {
	a, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		return err
	}
	body, err := io.ReadAll(a.Body)
	switch {
	case err != nil:
		return err
	case a.StatusCode != status:
		return fmt.Errorf("%s instead of %d", a.Status, status)
	case status != 200:
		s.rejected.Add(1)
		return nil
	case method == "GET" && !strings.Contains(string(body), pageText):
		return fmt.Errorf("the page is %q", body)
	}
	s.answers.Add(1)
	return nil
}

func (s *soak) keepsAlive(c *soakClient) error {
	for range 1 + c.rand.IntN(50) {
		if err := s.ask(c, pageGet, "GET", 200); err != nil {
			return err
		}
	}
	return nil
}

func (s *soak) pipelines(c *soakClient) error {
	n := 1 + c.rand.IntN(100)
	go io.WriteString(c.TCPConn, strings.Repeat(pageGet, n))
	for range n {
		if err := s.answered(c, "GET", 200); err != nil {
			return err
		}
	}
	return nil
}

func (s *soak) posts(c *soakClient) error {
	body := strings.Repeat("b", c.rand.IntN(100<<10))
	counted := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	chunked := fmt.Sprintf("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n%x\r\n%sb\r\n0\r\nA: b\r\n\r\n", len(body)+1, body)
	for _, text := range []string{counted, chunked, counted} {
		if err := s.ask(c, text, "POST", 405); err != nil {
			return err
		}
	}
	return s.ask(c, pageGet, "GET", 200)
}

func (s *soak) asksForHeads(c *soakClient) error {
	for range 1 + c.rand.IntN(20) {
		if err := s.ask(c, "HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD", 200); err != nil {
			return err
		}
	}
	return nil
}

func (s *soak) asksOnce(c *soakClient) error {
	if err := s.ask(c, "GET / HTTP/1.0\r\n\r\n", "GET", 200); err != nil {
		return err
	}
	return s.closed(c)
}

// closed expects the end of the connection.
func (s *soak) closed(c *soakClient) error {
	if _, err := c.r.ReadByte(); err != io.EOF {
		return fmt.Errorf("after the last answer: %v", err)
	}
	return nil
}

func (s *soak) asksSlowly(c *soakClient) error {
	for i := range len(pageGet) - 1 {
		if _, err := io.WriteString(c, pageGet[i:i+1]); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return s.ask(c, pageGet[len(pageGet)-1:], "GET", 200)
}

func (s *soak) resets(c *soakClient) error {
	io.WriteString(c, strings.Repeat(pageGet, 3)[:c.rand.IntN(3*len(pageGet))])
	s.ended.Add(1)
	return c.SetLinger(0)
}

func (s *soak) talksGarbage(c *soakClient) error {
	b := make([]byte, 1+c.rand.IntN(10000))
	for i := range b {
		b[i] = byte(c.rand.Uint32())
	}
	b[0] |= 0x80 // never the beginning of a request
	c.Write(b)
	c.CloseWrite()
	if c.rand.IntN(2) == 0 {
		s.ended.Add(1)
		return nil
	}
	return s.refused(c, "HTTP/1.1 4")
}

// refused expects an answer that begins so, and the end.
func (s *soak) refused(c *soakClient, begins string) error {
	b, err := io.ReadAll(c.r)
	if err == nil && !strings.HasPrefix(string(b), begins) {
		err = fmt.Errorf("%q", b)
	}
	s.rejected.Add(1)
	return err
}

func (s *soak) beginsTLS(c *soakClient) error {
	hello := "\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03" + strings.Repeat("\x00", 240)
	io.WriteString(c, hello[:1+c.rand.IntN(len(hello))])
	return s.refused(c, "HTTP/1.1 400 ")
}

// neverReads asks for more than the kernel holds until it can't send, and
// stays a while.
func (s *soak) neverReads(c *soakClient) error {
	c.SetReadBuffer(4 << 10)
	c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
	for many, err := strings.Repeat(pageGet, 1000), error(nil); err == nil; {
		_, err = io.WriteString(c, many)
	}
	s.ended.Add(1)
	return nil
}

func (s *soak) saysNothing(c *soakClient) error {
	time.Sleep(time.Duration(c.rand.IntN(1500)) * time.Millisecond)
	s.ended.Add(1)
	return nil
}

func (s *soak) leavesInBody(c *soakClient) error {
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
	s.ended.Add(1)
	return nil
}

func (s *soak) sendsTooMuch(c *soakClient) error {
	go io.WriteString(c.TCPConn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"+strings.Repeat("b", 2000000))
	if err := s.answered(c, "POST", 413); err != nil {
		return err
	}
	return s.closed(c)
}
