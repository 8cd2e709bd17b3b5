package page

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// hostile returns how many clients a test has: 300, or GONC_HOSTILE.
func hostile() int {
	if n, err := strconv.Atoi(os.Getenv("GONC_HOSTILE")); err == nil {
		return n
	}
	return 300
}

// noneLeft runs attack and then sees to it that no goroutine and no
// descriptor of it is left.
func noneLeft(t *testing.T, attack func(t *testing.T)) {
	t.Helper()
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close() // the poller has descriptors of its own from now on
	}
	goroutines, files := runtime.NumGoroutine(), countFiles()
	t.Run("attack", attack)
	var g, f int
	for late := time.Now().Add(testutil.Timeout); time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
		g, f = runtime.NumGoroutine(), countFiles() // the runtime has no event for the end of a goroutine
		if g <= goroutines && f <= files {
			return
		}
	}
	t.Errorf("left: %d goroutines, %d descriptors", g-goroutines, f-files)
}

func countFiles() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}

// latency returns the median time of a request on a connection of its own.
func latency(t *testing.T, addr string) time.Duration {
	t.Helper()
	var took []time.Duration
	for range 51 {
		begin := time.Now()
		c := dial(t, addr)
		ask(t, c)
		took = append(took, time.Since(begin))
		c.Close()
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// crowd opens n connections.
func crowd(t *testing.T, addr string, n int) []*net.TCPConn {
	t.Helper()
	var all []*net.TCPConn
	for range n {
		all = append(all, dial(t, addr))
	}
	return all
}

// TestSlowClients: many that send a byte now and then, and never a whole
// head, do not delay anybody, and get their 408 when their time is over.
func TestSlowClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 10 s")
	}
	noneLeft(t, func(t *testing.T) {
		addr := serve(t, &Page{})
		alone := latency(t, addr)
		slow := crowd(t, addr, hostile())
		begin := time.Now()
		for _, c := range slow {
			io.WriteString(c, "GET / HTTP/1.1\r\nX: ")
		}
		var all sync.WaitGroup
		for _, c := range slow {
			all.Go(func() {
				for _, err := c.Write([]byte("a")); err == nil && time.Since(begin) < headTime/2; _, err = c.Write([]byte("a")) {
					time.Sleep(time.Second)
				}
			})
		}
		beside := latency(t, addr)
		t.Logf("a request takes %v alone, %v beside %d slow clients", alone, beside, len(slow))
		if beside > alone+500*time.Millisecond { // for a machine that does other work meanwhile
			t.Errorf("delayed by %v", beside-alone)
		}
		all.Wait()
		for _, c := range slow {
			if a, err := io.ReadAll(c); err != nil || !bytes.HasPrefix(a, []byte("HTTP/1.1 408 ")) {
				t.Fatalf("%q, %v", a, err)
			}
		}
		if took := time.Since(begin); took > headTime+testutil.Timeout {
			t.Errorf("closed only after %v", took)
		}
	})
}

// TestNeverRead: clients that pipeline and take no answer hold little,
// and the page ends them when told to stop.
func TestNeverRead(t *testing.T) {
	noneLeft(t, func(t *testing.T) {
		addr := serve(t, &Page{})
		many := []byte(strings.Repeat(request, 1000))
		var all sync.WaitGroup
		for _, c := range crowd(t, addr, hostile()/6) {
			c.SetReadBuffer(4096)
			all.Go(func() { // until the page reads no more
				c.SetWriteDeadline(time.Now().Add(time.Second))
				for err := error(nil); err == nil; _, err = c.Write(many) {
				}
			})
		}
		all.Wait()
		t.Logf("a request beside them takes %v", latency(t, addr))
	})
}

func TestResets(t *testing.T) {
	noneLeft(t, func(t *testing.T) {
		addr := serve(t, &Page{})
		for i := range 4 * hostile() {
			c := dial(t, addr)
			switch i % 4 {
			case 1:
				io.WriteString(c, "GET / HT")
			case 2:
				io.WriteString(c, request)
			case 3:
				io.WriteString(c, request+"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\na")
			}
			c.SetLinger(0)
			c.Close()
		}
		t.Logf("a request afterwards takes %v", latency(t, addr))
	})
}

// TestRandom: whatever comes, an answer that is an error or nothing, and
// then the close. A TLS hello, cut anywhere, is recognized at once.
func TestRandom(t *testing.T) {
	noneLeft(t, func(t *testing.T) {
		addr := serve(t, &Page{})
		r := rand.New(rand.NewPCG(1, 2))
		hello := append([]byte("\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03"), make([]byte, 240)...)
		for i := range hostile() {
			b := make([]byte, 1+r.IntN(5000))
			for j := range b {
				b[j] = byte(r.Uint32())
			}
			if i%2 == 0 {
				b = hello[:1+r.IntN(len(hello))]
			}
			c := dial(t, addr)
			c.Write(b)
			if i%2 == 1 {
				c.CloseWrite()
			}
			answer, err := io.ReadAll(c)
			if err != nil || len(answer) > 0 && !bytes.HasPrefix(answer, []byte("HTTP/1.1 4")) {
				t.Fatalf("%q: %q, %v", b, answer, err)
			}
			c.Close()
		}
	})
}

// TestPipelined: 100,000 requests in one write, answered in order, with
// memory that does not grow with them.
func TestPipelined(t *testing.T) {
	noneLeft(t, func(t *testing.T) {
		const n = 100_000
		c := dial(t, serve(t, &Page{}))
		var in bytes.Buffer
		for i := range n {
			in.WriteString([]string{"GET", "PUT", "BREW"}[i%3] + " / HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		go c.Write(in.Bytes())
		r := bufio.NewReader(c)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range n {
			if err := skipAnswer(r, []string{"200 OK", "405 Method Not Allowed", "501 Not Implemented"}[i%3]); err != nil {
				t.Fatalf("answer %d: %v", i, err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
			t.Errorf("%d bytes of heap are left", grown)
		}
	})
}

// skipAnswer reads an answer that must have this status line.
func skipAnswer(r *bufio.Reader, status string) error {
	length := 0
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimSuffix(line, []byte("\r\n"))
		if first && string(line) != "HTTP/1.1 "+status {
			return fmt.Errorf("%q", line)
		}
		if len(line) == 0 {
			_, err := r.Discard(length)
			return err
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(v))
		}
	}
}

// TestLingers: what is refused early is refused audibly. Without the
// lingering close the rest of the upload would turn the close into a reset,
// which can take the answer with it.
func TestLingers(t *testing.T) {
	noneLeft(t, func(t *testing.T) {
		addr := serve(t, &Page{})
		for range hostile() / 10 {
			c := dial(t, addr)
			io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n")
			if _, err := c.Write(make([]byte, 5_000_000)); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(c)
			if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 413 ")) {
				t.Fatalf("%q, %v", answer, err)
			}
		}
	})
}

// TestLingersBriefly: no client keeps a connection by sending forever.
func TestLingersBriefly(t *testing.T) {
	noneLeft(t, func(t *testing.T) {
		c := dial(t, serve(t, &Page{}))
		io.WriteString(c, "GET /\r\n")
		begin := time.Now()
		for err := error(nil); err == nil; _, err = c.Write([]byte("x")) {
			time.Sleep(time.Millisecond)
		}
		if took := time.Since(begin); took > graceTime+testutil.Timeout {
			t.Errorf("closed only after %v", took)
		}
	})
}

// TestIdleMemory holds connections that have been answered once. What the
// clients hold in this same process is counted, too.
func TestIdleMemory(t *testing.T) {
	if testutil.RaceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	noneLeft(t, func(t *testing.T) {
		addr := serve(t, &Page{})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n := hostile()
		answer := make([]byte, 4096)
		for _, c := range crowd(t, addr, n) {
			io.WriteString(c, request)
			if _, err := c.Read(answer); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		stack := (int64(after.StackInuse) - int64(before.StackInuse)) / int64(n)
		heap := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / int64(n)
		t.Logf("an idle connection holds %d bytes of stack and %d of heap", stack, heap)
		if stack+heap > 6<<10 {
			t.Error("that is more than 6 KiB")
		}
	})
}

// Unfinished heads get so much memory and no more, and give it back.
func TestHeadMemory(t *testing.T) {
	p := &Page{}
	addr := serve(t, p)
	long := "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: "+strings.Repeat("x", 1000)+"\r\n", 20) + "\r\n"
	ask := func() string {
		c := dial(t, addr)
		defer c.Close()
		io.WriteString(c, long[:10_000])
		time.Sleep(10 * time.Millisecond) // it is read in two pieces, most likely
		io.WriteString(c, long[10_000:])
		line, _ := bufio.NewReader(c).ReadString('\n')
		return line
	}
	if got := ask(); got != "HTTP/1.1 200 OK\r\n" {
		t.Errorf("answered %q", got)
	}
	testutil.Eventually(t, "the memory is given back", func() bool { return p.claimed.Load() == 0 })
	p.claimed.Store(claimedMax)
	if got := ask(); got != "HTTP/1.1 503 Service Unavailable\r\n" {
		t.Errorf("answered %q", got)
	}
	p.claimed.Store(0)
	if got := ask(); got != "HTTP/1.1 200 OK\r\n" {
		t.Errorf("answered %q", got)
	}
}
