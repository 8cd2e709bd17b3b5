package cli

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// forwardSize returns how much goes each way at once: 32 MiB, or GONC_FORWARD_MIB.
func forwardSize(t *testing.T) int64 {
	if text := os.Getenv("GONC_FORWARD_MIB"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		check(t, err)
		return n << 20
	}
	if testutil.RaceEnabled {
		return 4 << 20
	}
	return 32 << 20
}

// A source gives bytes that differ from place to place, made of a key.
type source struct {
	key  uint64
	left int64
}

func (s *source) Read(b []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), s.left))
	for i := range b[:n] {
		s.key = s.key*6364136223846793005 + 1442695040888963407
		b[i] = byte(s.key >> 56)
	}
	s.left -= int64(n)
	return n, nil
}

func sumOf(key uint64, size int64) string {
	h := sha256.New()
	io.Copy(h, &source{key, size})
	return string(h.Sum(nil))
}

// exchangeSums sends the bytes of own and checks that those of other come back,
// both at once, with a half-close behind them.
func exchangeSums(c net.Conn, own, other uint64, size int64) error {
	defer c.Close()
	c.SetDeadline(time.Now().Add(3 * patience))
	sent := testutil.Background(func() error {
		_, err := io.Copy(c, &source{own, size})
		return errors.Join(err, c.(interface{ CloseWrite() error }).CloseWrite())
	})
	h := sha256.New()
	n, err := io.Copy(h, c)
	if err := errors.Join(err, <-sent); err != nil {
		return err
	}
	if got := string(h.Sum(nil)); got != sumOf(other, size) {
		return fmt.Errorf("%d bytes came, and they are others", n)
	}
	return nil
}

// exchanger returns a target that exchanges with each client.
func exchanger(t *testing.T, network, at string, size int64) (where string, errs chan error) {
	t.Helper()
	ln, err := net.Listen(network, at)
	check(t, err)
	t.Cleanup(func() { ln.Close() })
	errs = make(chan error, 100)
	go serve(ln, func(c net.Conn) { errs <- exchangeSums(c, 2, 1, size) })
	return ln.Addr().String(), errs
}

// throughForward exchanges with the target by a forwarder at a port or path.
func throughForward(t *testing.T, network, at string, size int64, errs chan error) {
	t.Helper()
	c, err := net.Dial(network, at)
	check(t, err)
	check(t, exchangeSums(c, 1, 2, size))
	check(t, <-errs)
}

// Many megabytes go both ways at once, between every kind of connection.
func TestForwardBothWays(t *testing.T) {
	skipShort(t)
	size, dir := forwardSize(t), t.TempDir()
	tcp, errs := exchanger(t, "tcp", "127.0.0.1:0", size)
	unix, unixErrs := exchanger(t, "unix", filepath.Join(dir, "target"), size)
	t.Run("tcp to tcp", func(t *testing.T) {
		_, port := listening(t, nil, "-k", "--to", tcp)
		throughForward(t, "tcp", loopback4(port), size, errs)
	})
	t.Run("tcp to unix", func(t *testing.T) {
		_, port := listening(t, nil, "-k", "--to", "unix:"+unix)
		throughForward(t, "tcp", loopback4(port), size, unixErrs)
	})
	t.Run("unix to tcp", func(t *testing.T) {
		front := filepath.Join(dir, "front")
		p := begin(t, gonc(nil, "-v", "-l", "-k", "-U", front, "--to", tcp))
		await(t, p, "^Listening on")
		throughForward(t, "unix", front, size, errs)
	})
	t.Run("over TLS", func(t *testing.T) {
		server, back := listening(t, nil, "-k", "--ssl", "--to", tcp)
		pin := await(t, server, `(sha256//[A-Za-z0-9+/=]+)`)[1]
		_, port := listening(t, nil, "-k", "--to", "tls:"+loopback4(back)+",pin="+pin)
		throughForward(t, "tcp", loopback4(port), size, errs)
	})
	for _, kind := range []string{"http", "socks5", "socks4"} {
		t.Run("through "+kind, func(t *testing.T) {
			_, proxy := listening(t, nil, "--proxy-server")
			_, port := listening(t, nil, "-k", "--to", tcp, "--proxy", kind+"://"+loopback4(proxy))
			throughForward(t, "tcp", loopback4(port), size, errs)
		})
	}
	t.Run("with a PROXY header", func(t *testing.T) {
		_, back := listening(t, nil, "-k", "--to", tcp, "--accept-proxy-protocol")
		_, port := listening(t, nil, "-k", "--to", loopback4(back), "--proxy-protocol", "v2")
		throughForward(t, "tcp", loopback4(port), size, errs)
	})
}

// echo returns a target that sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	ln := listenTCP(t)
	go serve(ln, func(c net.Conn) { io.Copy(c, c) })
	return ln.Addr().String()
}

// echoed sends text, half-closes, and wants it back.
func echoed(at, text string) error {
	c, err := net.Dial("tcp", at)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, text)
	c.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(c)
	if err == nil && string(got) != text {
		err = fmt.Errorf("%.40q came back of %.40q", got, text)
	}
	return err
}

// 500 connections at once and then many one after another leave nothing behind.
// GONC_FORWARD_MANY says how many those are.
func TestForwardMany(t *testing.T) {
	many := 1000
	if text := os.Getenv("GONC_FORWARD_MANY"); text != "" {
		many, _ = strconv.Atoi(text)
	}
	target := echo(t)
	p := gonc(nil, "-v", "-l", "-k", "127.0.0.1", "0", "--to", target)
	port := beginListening(t, p)
	at := loopback4(port)
	check(t, echoed(at, "warm"))
	before := footprintOf(t, p)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range 500 {
		wg.Go(func() {
			if err := echoed(at, strings.Repeat(strconv.Itoa(i), 1000)); err != nil {
				mu.Lock()
				defer mu.Unlock()
				t.Error(err)
			}
		})
	}
	wg.Wait()
	before.rss = footprintOf(t, p).rss
	for i := range many {
		check(t, echoed(at, strconv.Itoa(i)))
	}
	backTo(t, p, before, 12<<10)
	if n := dump(t, p); n > idleGoroutines {
		t.Errorf("%d goroutines are left\n%s", n, p)
	}
}

// 200 pairs whose target does not read hold a bounded amount of memory, and
// do not keep other clients waiting.
func TestForwardStalledPairs(t *testing.T) {
	skipShort(t)
	stalled := listenTCP(t)
	target := echo(t)
	p, port := listening(t, nil, "-k", "--to", stalled.Addr().String())
	before := footprintOf(t, p)
	var clients []net.Conn
	for range 200 {
		c := connection(t, dial(t, "tcp", port))
		clients = append(clients, c)
		far, err := stalled.Accept()
		check(t, err)
		defer far.Close()
	}
	full := make([]byte, 1<<20)
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() {
			c.SetWriteDeadline(time.Now().Add(2 * time.Second)) // by then it is stalled
			for {
				if _, err := c.Write(full); err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	after := footprintOf(t, p)
	t.Logf("200 stalled pairs: before %v, after %v: %d KiB each", before, after, (after.rss-before.rss)/200)
	if grown := after.rss - before.rss; grown > 200*128 && !testutil.RaceEnabled {
		t.Errorf("200 stalled pairs hold %d KiB", grown)
	}
	_, other := listening(t, nil, "-k", "--to", target)
	check(t, echoed(loopback4(other), "another"))
	check(t, p.cmd.Process.Signal(syscall.SIGTERM))
	wantStatus(t, p, "terminated")
}

// Without descriptors (EMFILE) connections wait, or are reset where it is the
// target that has none; afterwards all is as before.
func TestForwardShortOfDescriptors(t *testing.T) {
	need(t, "prlimit")
	target := echo(t)
	p, port := listening(t, nil, "-k", "--to", target)
	at := loopback4(port)
	check(t, echoed(at, "warm"))
	limit := descriptors(t, p) + 9 // four pairs
	complete(t, newProcess("prlimit", "--pid", strconv.Itoa(p.cmd.Process.Pid), "--nofile="+strconv.Itoa(limit)))
	var held []net.Conn
	for range 12 {
		held = append(held, connection(t, dial(t, "tcp", port)))
	}
	await(t, p, `cannot accept: Too many open files|Too many open files`)
	for _, c := range held {
		c.Close()
	}
	testutil.Eventually(t, "it forwards again", func() bool { return echoed(at, "again") == nil })
}
