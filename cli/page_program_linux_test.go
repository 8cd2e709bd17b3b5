package cli

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// The HTTP page as a program: what only shows from outside. Package relay
// tests the answers.

const (
	pageGet  = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	pageText = "<p>Test Server</p>"
)

// answer reads an answer to GET with its body, within patience.
func answer(c net.Conn, r *bufio.Reader) (*http.Response, string, error) {
	c.SetDeadline(time.Now().Add(patience))
	a, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(a.Body)
	return a, string(body), err
}

// getPage asks for the page on a connection of its own.
func getPage(network, at string) error {
	c, err := net.DialTimeout(network, at, patience)
	if err != nil {
		return err
	}
	defer c.Close()
	io.WriteString(c, pageGet)
	a, body, err := answer(c, bufio.NewReader(c))
	if err == nil && (a.StatusCode != 200 || !strings.Contains(body, pageText)) {
		err = fmt.Errorf("%s %q", a.Status, body)
	}
	return err
}

// pageLatency asks for the page n times, each on a connection of its own, and
// returns the times that it took in order.
func pageLatency(t *testing.T, port string, n int) (took []time.Duration) {
	t.Helper()
	for range n {
		begin := time.Now()
		check(t, getPage("tcp", loopback4(port)))
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return took
}

func median[T any](sorted []T) T { return sorted[len(sorted)/2] }

// quietPage begins a page without -v, which would tell the test of thousands
// of requests.
func quietPage(t *testing.T, args ...string) (server *process, port string) {
	t.Helper()
	port = testutil.FreePort(t)
	server = begin(t, gonc(nil, append([]string{"-l", "--http", "127.0.0.1", port}, args...)...))
	dial(t, "tcp", port).close()
	return server, port
}

// awaitRest waits until p, which has nothing to do, spends no processor time. On
// a busy machine it may have been at work a moment ago.
func awaitRest(t *testing.T, p *process) {
	t.Helper()
	testutil.Eventually(t, "it spends no processor time", func() bool {
		before := processorTime(t, p)
		time.Sleep(time.Second) // the time that is measured
		return processorTime(t, p)-before <= 100*time.Millisecond
	})
}

// pageFile makes a file of n MiB, each another one, and returns its hash.
func pageFile(t *testing.T, n int) (name string, sum [32]byte) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "page.bin")
	f, err := os.Create(name)
	check(t, err)
	defer f.Close()
	h, mib := sha256.New(), payload(1<<20)
	for i := range n {
		mib[i%len(mib)]++
		h.Write(mib)
		_, err := f.Write(mib)
		check(t, err)
	}
	return name, [32]byte(h.Sum(nil))
}

// wantPage reads an answer whose body has this hash, and returns its length.
func wantPage(t *testing.T, c net.Conn, sum [32]byte) int64 {
	t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	a, err := http.ReadResponse(bufio.NewReaderSize(c, 256<<10), nil)
	check(t, err)
	h := sha256.New()
	n, err := io.Copy(h, a.Body)
	check(t, err)
	if [32]byte(h.Sum(nil)) != sum {
		t.Errorf("%s: the %d bytes are not those of the file", a.Status, n)
	}
	return n
}

// Told to stop, a page listens no more, closes the connections that have no
// request and gives the answer under way 2 s.
func TestPageStops(t *testing.T) {
	t.Parallel()
	name, sum := pageFile(t, 32)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		for _, reads := range []bool{true, false} {
			t.Run(fmt.Sprintf("%v, client reads: %v", s, reads), func(t *testing.T) {
				t.Parallel()
				testPageStops(t, s, name, sum, reads)
			})
		}
	}
}

func testPageStops(t *testing.T, s syscall.Signal, name string, sum [32]byte, reads bool) {
	server, port := listening(t, nil, "--http", "--page", name)
	idle := connection(t, dial(t, "tcp", port))
	io.WriteString(idle, strings.Replace(pageGet, "GET", "PUT", 1))
	_, _, err := answer(idle, bufio.NewReader(idle))
	check(t, err)
	slow := connection(t, dial(t, "tcp", port))
	slow.(*net.TCPConn).SetReadBuffer(64 << 10)
	io.WriteString(slow, pageGet)
	first := make([]byte, 1)
	_, err = io.ReadFull(slow, first)
	check(t, err)

	stopped := time.Now()
	server.cmd.Process.Signal(s)
	if n, err := idle.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("an idle connection: %d bytes, %v", n, err)
	}
	closed := time.Now()
	wantRefused(t, port)
	if reads {
		if n := wantPage(t, &unread{slow, first}, sum); n != 32<<20 {
			t.Errorf("%d bytes", n)
		}
	}
	wantStatus(t, server, s.String())
	took := time.Since(stopped)
	t.Logf("ended after %v", took)
	if took > patience || !reads && took < 1500*time.Millisecond {
		t.Errorf("ended after %v, where 2 s are given to an answer", took)
	}
	// At once, and not at the end of those 2 s.
	if late := closed.Sub(stopped); late > time.Second && !reads && took-late < time.Second {
		t.Errorf("an idle connection was closed after %v", late)
	}
}

// wantRefused checks that nothing listens at port any longer, at once.
func wantRefused(t *testing.T, port string) {
	t.Helper()
	c, err := net.DialTimeout("tcp", loopback4(port), patience)
	if err == nil {
		c.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection: %v", err)
	}
}

// unread is a connection of which some has been read already.
type unread struct {
	net.Conn
	first []byte
}

func (u *unread) Read(b []byte) (int, error) {
	if len(u.first) > 0 {
		n := copy(b, u.first)
		u.first = u.first[n:]
		return n, nil
	}
	return u.Conn.Read(b)
}

// Clients that hold all descriptors keep the others waiting, and nothing is
// spent on that; when they go, the others are answered.
func TestPageDescriptorsUsedUp(t *testing.T) {
	server := shell(`ulimit -n 64 && exec "$@"`, "-v", "-l", "--http", "127.0.0.1", "0")
	port := beginListening(t, server)
	before := footprintOf(t, server)
	var all []net.Conn
	for range 100 {
		c := connection(t, dial(t, "tcp", port))
		io.WriteString(c, pageGet)
		all = append(all, c)
	}
	await(t, server, "^gonc: cannot accept: Too many open files")
	awaitRest(t, server)
	for i, c := range all {
		if a, _, err := answer(c, bufio.NewReader(c)); err != nil || a.StatusCode != 200 {
			t.Fatalf("client %d: %v", i, err)
		}
		c.Close()
	}
	check(t, getPage("tcp", loopback4(port)))
	backTo(t, server, before, 8<<10)
	if n := lines(server.stderr.String(), "gonc: cannot accept"); n > 100 {
		t.Errorf("it said so %d times", n)
	}
}

// One more than --max-conns is closed at once, and said; there is room again
// when one has gone.
func TestPageMaxConns(t *testing.T) {
	server, port := listening(t, nil, "--http", "--max-conns", "2")
	var held []net.Conn
	for range 2 {
		c := connection(t, dial(t, "tcp", port))
		io.WriteString(c, pageGet)
		_, _, err := answer(c, bufio.NewReader(c))
		check(t, err)
		held = append(held, c)
	}
	begin := time.Now()
	if err := getPage("tcp", loopback4(port)); err == nil {
		t.Error("a third one was answered")
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("the third was closed after %v", took)
	}
	await(t, server, `^gonc: connection from 127\.0\.0\.1 \d+ refused: limit of 2 connections reached \(--max-conns\)$`)
	held[0].Close()
	testutil.Eventually(t, "there is room again", func() bool { return getPage("tcp", loopback4(port)) == nil })
}

// With no address the page is there for both families, on one port.
func TestPageBothFamilies(t *testing.T) {
	if !testutil.HasIPv6() {
		t.Skip("there is no IPv6 here, so the page is not tried with it")
	}
	server := gonc(nil, "-v", "-l", "--http", "0")
	port := beginListening(t, server)
	for host, logged := range map[string]string{"127.0.0.1": `127\.0\.0\.1`, "::1": "::1"} {
		check(t, getPage("tcp", net.JoinHostPort(host, port)))
		await(t, server, `^`+logged+` - - \[[^]]+\] "GET / HTTP/1\.1" 200 69$`)
	}
}

// The page over a Unix socket, whose clients have no address; the socket goes
// with the program.
func TestPageUnix(t *testing.T) {
	t.Parallel()
	need(t, "curl")
	name, sum := pageFile(t, 4)
	path := filepath.Join(t.TempDir(), "socket")
	server := begin(t, gonc(nil, "-v", "-l", "--http", "-U", path))
	await(t, server, "^Listening on ")
	curl := complete(t, newProcess("curl", "-sS", "--max-time", "10", "--unix-socket", path, "http://x/a", "http://x/b"))
	if got := curl.stdout.String(); strings.Count(got, pageText) != 2 {
		t.Errorf("curl: %s", curl)
	}
	await(t, server, `^- - - \[[^]]+\] "GET /b HTTP/1\.1" 200 69$`)
	server.cmd.Process.Signal(syscall.SIGTERM)
	wantStatus(t, server, "terminated")
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket: %v", err)
	}

	server = begin(t, gonc(nil, "-v", "-l", "--http", "--page", name, "-U", path))
	await(t, server, "^Listening on ")
	c, err := net.Dial("unix", path)
	check(t, err)
	defer c.Close()
	io.WriteString(c, pageGet)
	wantPage(t, c, sum)
}

// A large file arrives whole, and neither memory nor processor time shows
// that it went through the program: sendfile keeps it in the kernel.
func TestPageLargeFile(t *testing.T) {
	t.Parallel()
	const size = 256
	name, sum := pageFile(t, size)
	server, port := listening(t, nil, "--http", "--page", name)
	c := connection(t, dial(t, "tcp", port))
	io.WriteString(c, strings.Replace(pageGet, "GET", "PUT", 1))
	r := bufio.NewReader(c)
	_, _, err := answer(c, r)
	check(t, err)
	peak := figure(t, server, "status", "VmHWM")
	before := processorTime(t, server)
	io.WriteString(c, pageGet)
	if n := wantPage(t, c, sum); n != size<<20 {
		t.Errorf("%d bytes", n)
	}
	after, cpu := figure(t, server, "status", "VmHWM"), processorTime(t, server)-before
	t.Logf("%d MiB: peak memory %d KiB, before that %d KiB; %v of processor time, system calls that read: %d",
		size, after, peak, cpu, figure(t, server, "io", "syscr"))
	if after-peak > 4<<10 && !testutil.RaceEnabled {
		t.Errorf("memory grew by %d KiB", after-peak)
	}
	if calls := figure(t, server, "io", "syscr"); calls > size*16 { // of 64 KiB; a copy has 32
		t.Errorf("%d system calls", calls)
	}
}

// What a client sends is escaped before it reaches the terminal.
func TestPageHostileRequests(t *testing.T) {
	server, port := listening(t, nil, "--http", "-vv")
	for request, logged := range map[string]string{
		"GET /\x1b[2J\"\\ HTTP/1.1\r\nHost: x\r\n\r\n":                            `"GET /\x1b[2J\"\\ HTTP/1.1" 400 16`,
		"GET /a\r\x1b]0;owned\a HTTP/1.1\r\nHost: x\r\n\r\n":                      `\x1b]0;owned`,
		"GET /b HTTP/1.1\r\nHost: x\r\nX: \x9b2J\xc2\x9b\xff\"\r\n\r\n":           "\nX: " + `\x9b2J\xc2\x9b\xff"` + "\n",
		"GET /c HTTP/1.1\r\nHost: x\r\nX: \x1b[31m\x00\x7f\r\n\r\n":               `\x1b[31m`,
		"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03":                            `"\x16\x03\x01`,
		"GET /d" + strings.Repeat("\u202e", 100) + " HTTP/1.1\r\nHost: x\r\n\r\n": `"GET /d\xe2\x80\xae`,
	} {
		p := dial(t, "tcp", port)
		check(t, p.send([]byte(request)))
		check(t, p.shut())
		io.Copy(io.Discard, connection(t, p))
		await(t, server, regexp.QuoteMeta(logged))
	}
	for _, line := range strings.Split(server.stderr.String(), "\n") {
		if i := strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r > '~' }); i >= 0 {
			t.Errorf("it wrote %q", line)
		}
	}
}
