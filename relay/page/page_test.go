package page

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gonc/internal/http1"
)

// serve serves p on a loopback port until the test ends and then sees to
// it that every connection has ended.
func serve(t testing.TB, p *Page) string {
	t.Helper()
	lc := net.ListenConfig{KeepAlive: -1}
	lc.SetMultipathTCP(false)
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { acceptLoop(ctx, ln, p, &all) })
	t.Cleanup(func() {
		ln.Close()
		cancel()
		all.Wait()
	})
	return ln.Addr().String()
}

func acceptLoop(ctx context.Context, ln net.Listener, p *Page, all *sync.WaitGroup) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		all.Go(func() { p.Serve(ctx, c) })
	}
}

// servePipe serves p on one end of a net.Pipe and returns the other and what
// Serve returns.
func servePipe(ctx context.Context, p *Page) (net.Conn, <-chan error) {
	client, server := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(ctx, server) }()
	return client, ended
}

func dial(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c.(*net.TCPConn)
}

// httpAnswer is an answer as the oracle read it.
type httpAnswer struct {
	*http.Response
	body string
}

// readAnswer reads the answer to a request with this method.
func readAnswer(r *bufio.Reader, method string) (httpAnswer, error) {
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		return httpAnswer{}, err
	}
	body, err := io.ReadAll(res.Body)
	return httpAnswer{res, string(body)}, err
}

// converse sends in, in small pieces if asked to, and returns the statuses of the
// answers as one line. The line ends in "close" if the server then closed by
// itself, and in "open" if it did not within the answers that were wanted.
func converse(t *testing.T, c net.Conn, in string, want int, pieces bool) string {
	t.Helper()
	go func() {
		if !pieces {
			io.WriteString(c, in)
			return
		}
		for piece := range slices.Chunk([]byte(in), 1+len(in)>>12) {
			if _, err := c.Write(piece); err != nil {
				return
			}
		}
	}()
	var line []string
	r := bufio.NewReader(c)
	methods := strings.Fields(strings.NewReplacer("\r", " ", "\n", " ").Replace(in))
	for range want {
		a, err := readAnswer(r, methods[0])
		if err != nil {
			return strings.Join(append(line, "error: "+err.Error()), " ")
		}
		line = append(line, fmt.Sprint(a.StatusCode))
		if a.Close {
			if _, err := r.ReadByte(); err != io.EOF {
				return strings.Join(append(line, "not closed"), " ")
			}
			return strings.Join(append(line, "close"), " ")
		}
	}
	return strings.Join(append(line, "open"), " ")
}

var chunkTail = strings.Repeat("1\r\nx\r\n", 3) + "0\r\n\r\n"

// requestRules are requests and what they get. What an answer says about the
// connection is true: converse looks.
var requestRules = []struct{ name, in, want string }{
	{"get", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 open"},
	{"any path", "GET /a/b?c=%zz&d={} HTTP/1.1\r\nHost: x\r\n\r\n", "200 open"},
	{"raw utf-8", "GET /\xe3\x83\x86 HTTP/1.1\r\nHost: x\r\n\r\n", "200 open"},
	{"head", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "200 open"},
	{"lone LF", "GET / HTTP/1.1\nHost: x\n\n", "200 open"},
	{"mixed line ends", "GET / HTTP/1.1\nHost: x\r\n\n", "200 open"},
	{"empty lines first", "\r\n\r\n\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 open"},
	{"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "200 open"},
	{"host with port", "GET / HTTP/1.1\r\nHost: \t[::1]:80 \t\r\n\r\n", "200 open"},
	{"host with zone", "GET / HTTP/1.1\r\nHost: [fe80::1%eth0]:80\r\n\r\n", "200 open"},
	{"absolute form", "GET http://example.org:80/a?b HTTP/1.1\r\nHost: x\r\n\r\n", "200 open"},
	{"absolute form, no path", "GET http://[::1]?b HTTP/1.1\r\nHost: x\r\n\r\n", "200 open"},
	{"higher minor", "GET / HTTP/1.9\r\nHost: x\r\n\r\n", "200 open"},
	{"obs-text", "GET / HTTP/1.1\r\nHost: x\r\nA: \xff\tb\r\n\r\n", "200 open"},

	{"1.1 close", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200 close"},
	{"1.1 close in a list", "GET / HTTP/1.1\r\nHost: x\r\nConnection: a ,\tClOsE,b\r\n\r\n", "200 close"},
	{"1.1 close in the second", "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", "200 close"},
	{"1.0", "GET / HTTP/1.0\r\n\r\n", "200 close"},
	{"1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "200 open"},
	{"1.0 keep-alive, close", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "200 close"},

	{"post", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: x\r\n\r\n", "405 200 open"},
	{"put chunked", "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunkTail, "405 open"},
	{"chunked, then another", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n" + chunkTail +
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 200 open"},
	{"chunk extension, trailer", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"001 ;a=\"b\";c\r\nx\r\n00\r\nA: b\r\nContent-Length: 7\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 200 open"},
	{"get with a body", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 200 open"},
	{"length 0", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 000\r\n\r\n", "405 open"},
	{"delete", "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", "405 open"},
	{"options *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "405 open"},
	{"patch", "PATCH / HTTP/1.1\r\nHost: x\r\n\r\n", "405 open"},
	{"connect", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "405 open"},
	{"trace", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", "405 open"},
	{"unknown method", "BREW / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nxGET / HTTP/1.1\r\nHost: x\r\n\r\n", "501 200 open"},
	{"lower-case method", "get / HTTP/1.1\r\nHost: x\r\n\r\n", "501 open"},
	{"pipelined", "GET / HTTP/1.1\r\nHost: x\r\n\r\nPUT / HTTP/1.1\r\nHost: x\r\n\r\n" +
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + smuggled, "200 405 200 close"},
	{"expect without a body", "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", "200 open"},
	{"expect in 1.0", "GET / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", "200 open"},

	{"0.9", "GET /\r\n", "400 close"},
	{"0.9 with a version", "GET / HTTP/0.9\r\n", "505 close"},
	{"http/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 close"},
	{"version 10", "GET / HTTP/1.10\r\n", "400 close"},
	{"lower-case version", "GET / http/1.1\r\n", "400 close"},
	{"two spaces", "GET  / HTTP/1.1\r\n", "400 close"},
	{"tab", "GET\t/ HTTP/1.1\r\n", "400 close"},
	{"space at the end", "GET / HTTP/1.1 \r\n", "400 close"},
	{"no method", " / HTTP/1.1\r\n", "400 close"},
	{"method of no token", "G@T / HTTP/1.1\r\n", "400 close"},
	{"no slash", "GET a HTTP/1.1\r\n", "400 close"},
	{"asterisk", "GET * HTTP/1.1\r\n", "400 close"},
	{"fragment", "GET /#a HTTP/1.1\r\n", "400 close"},
	{"broken escape", "GET /%4 HTTP/1.1\r\n", "400 close"},
	{"userinfo", "GET http://a@b/ HTTP/1.1\r\n", "400 close"},
	{"empty host in the target", "GET http:///a HTTP/1.1\r\n", "400 close"},
	{"port of no number", "GET http://a:b/ HTTP/1.1\r\n", "400 close"},
	{"broken IPv6", "GET http://[::g]/ HTTP/1.1\r\n", "400 close"},
	{"zone in the target", "GET http://[fe80::1%a]/ HTTP/1.1\r\n", "400 close"},
	{"connect without a port", "CONNECT a HTTP/1.1\r\n", "400 close"},
	{"tls hello", "\x16\x03\x01\x02\x00\x01\x00\x01", "400 close"},
	{"ssh", "SSH-2.0-OpenSSH_9.6\r\n", "400 close"},
	{"smtp", "EHLO localhost\r\n", "400 close"},

	{"no host", "GET / HTTP/1.1\r\n\r\n", "400 close"},
	{"no host, absolute form", "GET http://a/ HTTP/1.1\r\n\r\n", "400 close"},
	{"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", "400 close"},
	{"two hosts in 1.0", "GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n", "400 close"},
	{"invalid host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 close"},
	{"two hosts in one", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400 close"},
}

func TestRules(t *testing.T) {
	p := &Page{}
	addr := serve(t, p)
	for _, rule := range requestRules {
		t.Run(rule.name, func(t *testing.T) { checkRule(t, p, addr, rule.in, rule.want) })
	}
}

// checkRule holds a request to its answer over TCP at once, and over a pipe
// byte by byte (a long one in 4,096 pieces): where the network cuts must not
// matter.
func checkRule(t *testing.T, p *Page, addr, in, want string) {
	t.Helper()
	n := strings.Count(want, " ")
	if got := converse(t, dial(t, addr), in, n, false); got != want {
		t.Errorf("over TCP: %s, want %s", got, want)
	}
	c, ended := servePipe(t.Context(), p)
	if got := converse(t, c, in, n, true); got != want {
		t.Errorf("byte by byte: %s, want %s", got, want)
	}
	c.Close()
	<-ended
}

// get sends one request and returns the answer, byte for byte.
func get(t *testing.T, p *Page, request string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c := dial(t, ln.Addr().String())
	served, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		io.WriteString(c, request)
		c.CloseWrite()
	}()
	answer := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(c)
		answer <- b
	}()
	if err := p.Serve(t.Context(), served); err != nil {
		t.Error(err)
	}
	return string(<-answer)
}

func TestAnswer(t *testing.T) {
	const want = "HTTP/1.1 200 OK\r\nDate: %s\r\nServer: gonc/1.0\r\n" +
		"Content-Type: text/html; charset=utf-8\r\nContent-Length: 69\r\n%s\r\n%s"
	for _, test := range []struct{ request, connection, body string }{
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", string(testPage)},
		{"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "", ""},
		{"GET / HTTP/1.0\r\n\r\n", "Connection: close\r\n", string(testPage)},
		{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive\r\n", string(testPage)},
	} {
		before := time.Now().Add(-time.Second).Truncate(time.Second)
		got := get(t, &Page{Server: "gonc/1.0"}, test.request)
		_, date, _ := strings.Cut(got, "Date: ")
		date, _, _ = strings.Cut(date, "\r\n")
		if got != fmt.Sprintf(want, date, test.connection, test.body) {
			t.Errorf("%q: %q", test.request, got)
		}
		at, err := http.ParseTime(date)
		if err != nil || at.Before(before) || at.After(time.Now()) || !strings.HasSuffix(date, " GMT") {
			t.Errorf("Date: %s, %v", date, err)
		}
	}
}

func TestZero(t *testing.T) {
	got := get(t, &Page{}, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if !strings.Contains(got, "\r\nServer: gonc\r\n") || !strings.HasSuffix(got, string(testPage)) {
		t.Errorf("%q", got)
	}
}

func TestErrorAnswer(t *testing.T) {
	got := get(t, &Page{}, "PUT / HTTP/1.1\r\nHost: x\r\n\r\n")
	for _, want := range []string{"HTTP/1.1 405 Method Not Allowed\r\nDate: ", "\r\nAllow: GET, HEAD\r\n",
		"\r\nContent-Length: 23\r\n", "\r\n\r\n405 Method Not Allowed\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	got = get(t, &Page{}, "HEAD / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n")
	if !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.HasSuffix(got, "\r\n\r\n") {
		t.Errorf("HEAD got a body: %q", got)
	}
}

func TestBody(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcdef"), 100<<10)
	for _, body := range [][]byte{{}, []byte("x"), long[:flushAt], long[:flushAt+1], long} {
		p := &Page{Body: body, Type: "text/x-test"}
		got := get(t, p, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
		r := bufio.NewReader(strings.NewReader(got))
		for range 2 {
			a, err := readAnswer(r, "GET")
			if err != nil || a.body != string(body) || a.Header.Get("Content-Type") != "text/x-test" {
				t.Fatalf("page of %d bytes: %d arrived, %v", len(body), len(a.body), err)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	p := &Page{}
	addr := serve(t, p)
	const start, host = "GET / HTTP/1.1\r\n", "Host: x\r\n"
	line := func(n int) string { return "GET /" + strings.Repeat("a", n-len("GET / HTTP/1.1")) + " HTTP/1.1\r\n" }
	head := func(n int) string {
		return start + host + "A: " + strings.Repeat("a", n-len(start+host+"A: \r\n\r\n")) + "\r\n\r\n"
	}
	fields := func(n int) string { return start + host + strings.Repeat("A: b\r\n", n-1) + "\r\n" }
	post := "POST / HTTP/1.1\r\nHost: x\r\n"
	chunked := post + "Transfer-Encoding: chunked\r\n\r\n"
	for _, test := range []struct{ name, in, want string }{
		{"line at the limit", line(http1.LineMax) + host + "\r\n", "200 open"},
		{"line over it", line(http1.LineMax+1) + host + "\r\n", "414 close"},
		{"endless line", line(1 << 20), "414 close"},
		{"head at the limit", head(http1.HeadMax), "200 open"},
		{"head over it", head(http1.HeadMax + 1), "431 close"},
		{"endless field", head(1 << 20), "431 close"},
		{"fields at the limit", fields(http1.FieldMax), "200 open"},
		{"fields over it", fields(http1.FieldMax + 1), "431 close"},
		{"body at the limit", post + "Content-Length: 1048576\r\n\r\n" + strings.Repeat("a", bodyMax), "405 open"},
		{"body over it", post + "Content-Length: 1048577\r\n\r\n", "413 close"},
		{"length beyond integers", post + "Content-Length: 99999999999999999999999999\r\n\r\n", "413 close"},
		{"chunks at the limit", chunked + "80000\r\n" + strings.Repeat("a", 1<<19) + "\r\n80000\r\n" +
			strings.Repeat("a", 1<<19) + "\r\n0\r\n\r\n", "405 open"},
		{"chunks over it", chunked + "80000\r\n" + strings.Repeat("a", 1<<19) + "\r\n80001\r\n", "413 close"},
		{"one huge chunk", chunked + "7fffffffffffffff\r\n", "413 close"},
		{"a negative chunk", chunked + "ffffffffffffffff\r\n", "413 close"},
		{"more framing than data", chunked + strings.Repeat("1;"+strings.Repeat("a", 200)+"\r\nx\r\n", 42_000), "413 close"},
		{"trailer fields over the limit", chunked + "0\r\n" + strings.Repeat("A: b\r\n", http1.FieldMax+1), "431 close"},
		{"trailer section over it", chunked + "0\r\nA: " + strings.Repeat("a", http1.HeadMax), "431 close"},
	} {
		t.Run(test.name, func(t *testing.T) { checkRule(t, p, addr, test.in, test.want) })
	}
}

// TestExpect pins the final answer instead of a 100, and that it comes
// before the body.
func TestExpect(t *testing.T) {
	addr := serve(t, &Page{})
	const head = " / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\n"
	for _, test := range []struct{ in, want string }{
		{"GET" + head + "Content-Length: 5\r\n\r\n", "200 close"},
		{"POST" + head + "Content-Length: 5\r\n\r\n", "405 close"},
		{"POST" + head + "Transfer-Encoding: chunked\r\n\r\n", "405 close"},
		{"POST" + head + "Content-Length: 5000000\r\n\r\n", "413 close"},
		{"POST" + head + "Content-Length: 1\r\n\r\nx", "405 open"}, // it has not waited
	} {
		if got := converse(t, dial(t, addr), test.in, 1, false); got != test.want {
			t.Errorf("%q: %s, want %s", test.in, got, test.want)
		}
	}
}
