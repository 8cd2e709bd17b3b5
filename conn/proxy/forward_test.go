package proxy

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"gonc/internal/http1"
)

// An origin answers one connection with text when it has got what it waits
// for, and keeps what it got.
type origin struct {
	at  string
	got chan string
}

// serveOrigin answers with answer once a request with its body has come, then
// closes, or resets if reset is set; wait is what it waits for.
func serveOrigin(t *testing.T, wait, answer string, end func(*net.TCPConn)) *origin {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	o := &origin{ln.Addr().String(), make(chan string, 1)}
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		var got []byte
		for b := make([]byte, 4096); !bytes.Contains(got, []byte(wait)); {
			n, err := c.Read(b)
			if got = append(got, b[:n]...); err != nil {
				break
			}
		}
		io.WriteString(c, answer)
		if end != nil {
			end(c.(*net.TCPConn))
		}
		if wait != "" {
			c.(*net.TCPConn).CloseWrite()
			rest, _ := io.ReadAll(c)
			got = append(got, rest...)
		}
		o.got <- string(got)
	}()
	return o
}

const (
	okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	okPassed = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\nok"
)

// What the target gets is exactly the request, in this server's framing, and
// nothing that follows it.
func TestForwardRequest(t *testing.T) {
	for _, tt := range []struct{ name, in, wait, want string }{
		{"plain", "GET http://ORIGIN/a?b HTTP/1.1\r\nHost: other\r\nA: b\r\n\r\n", "\r\n\r\n",
			"GET /a?b HTTP/1.1\r\nHost: ORIGIN\r\nA: b\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\n"},
		{"no path", "GET http://ORIGIN HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n", "GET / HTTP/1.1\r\nHost: ORIGIN\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\n"},
		{"query only", "GET HTTP://ORIGIN?q HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n", "GET /?q HTTP/1.1\r\nHost: ORIGIN\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\n"},
		{"options", "OPTIONS http://ORIGIN HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: ORIGIN\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\n"},
		{"HTTP/1.0", "GET http://ORIGIN/ HTTP/1.0\n\n", "\r\n\r\n", "GET / HTTP/1.0\r\nHost: ORIGIN\r\nVia: 1.0 gonc\r\nConnection: close\r\n\r\n"},
		{"hop by hop", "GET http://ORIGIN/ HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, X-Gone ,Host\r\nProxy-Connection: keep-alive\r\nKeep-Alive: 5\r\n" +
			"TE: trailers\r\nUpgrade: websocket\r\nProxy-Authorization: Basic eA==\r\nx-gone: 1\r\nX-Stays: 2\r\nAuthorization: Basic y\r\n\r\n", "\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: ORIGIN\r\nX-Stays: 2\r\nAuthorization: Basic y\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\n"},
		{"body", "POST http://ORIGIN/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "hello",
			"POST / HTTP/1.1\r\nHost: ORIGIN\r\nContent-Length: 5\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\nhello"},
		{"body and another request", "POST http://ORIGIN/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /evil HTTP/1.1\r\nHost: y\r\n\r\n", "hello",
			"POST / HTTP/1.1\r\nHost: ORIGIN\r\nContent-Length: 5\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\nhello"},
		{"length in Connection", "POST http://ORIGIN/ HTTP/1.1\r\nHost: x\r\nConnection: Content-Length\r\nContent-Length: 5\r\n\r\nhelloGET", "hello",
			"POST / HTTP/1.1\r\nHost: ORIGIN\r\nContent-Length: 5\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\nhello"},
		{"chunks", "POST http://ORIGIN/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: r\r\n\r\nGET /evil", "T: r\r\n\r\n",
			"POST / HTTP/1.1\r\nHost: ORIGIN\r\nTransfer-Encoding: chunked\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: r\r\n\r\n"},
		{"empty body and another request", "GET http://ORIGIN/ HTTP/1.1\r\nHost: x\r\n\r\nGET http://ORIGIN/2 HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: ORIGIN\r\nVia: 1.1 gonc\r\nConnection: close\r\n\r\n"},
	} {
		o := serveOrigin(t, tt.wait, okAnswer, nil)
		p := serveProxy(t, new(Server))
		if got := say(t, p.at, strings.ReplaceAll(tt.in, "ORIGIN", o.at), 1<<20); got != okPassed {
			t.Errorf("%s: the client got %q", tt.name, got)
		}
		if got, want := <-o.got, strings.ReplaceAll(tt.want, "ORIGIN", o.at); got != want {
			t.Errorf("%s: the target got\n%q, want\n%q", tt.name, got, want)
		}
	}
}

// What the client gets is the response, without what was between the target and
// this server, and its end is seen even if the target keeps the connection.
func TestForwardResponse(t *testing.T) {
	const tail = "Via: 1.1 gonc\r\nConnection: close\r\n\r\n"
	get := "GET http://ORIGIN/ HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, tt := range []struct{ name, in, answer, want string }{
		{"keeps the connection", get, "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 evil",
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + tail + "ok"},
		{"chunks", get, "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nevil", "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n" + tail + "2\r\nok\r\n0\r\n\r\n"},
		{"to the end", get, "HTTP/1.0 200 OK\r\n\r\nok", "HTTP/1.0 200 OK\r\nVia: 1.0 gonc\r\nConnection: close\r\n\r\nok"},
		{"no body", get, "HTTP/1.1 204 No\r\n\r\nevil", "HTTP/1.1 204 No\r\n" + tail},
		{"not modified", get, "HTTP/1.1 304 No\r\nContent-Length: 2\r\n\r\nevil", "HTTP/1.1 304 No\r\nContent-Length: 2\r\n" + tail},
		{"head", "HEAD" + get[3:], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nevil", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + tail},
		{"interim", get, "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 103 Early\r\nLink: x\r\nVia: 1.1 gonc\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + tail},
		{"interim for HTTP/1.0", "GET http://ORIGIN/ HTTP/1.0\r\n\r\n", "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + tail},
		{"not HTTP", get, "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 502 "},
		{"nothing", get, "", "HTTP/1.1 502 "},
		{"an upgrade", get, "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "HTTP/1.1 502 "},
		{"two lengths", get, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 502 "},
		{"bad field", get, "HTTP/1.1 200 OK\r\nA\x00: b\r\n\r\n", "HTTP/1.1 502 "},
	} {
		o := serveOrigin(t, "\r\n\r\n", tt.answer, nil)
		p := serveProxy(t, new(Server))
		got := say(t, p.at, strings.ReplaceAll(tt.in, "ORIGIN", o.at), 1<<20)
		if strings.HasSuffix(tt.want, " ") && strings.HasPrefix(got, tt.want) || got == tt.want {
			continue
		}
		t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
	}
}

// A body whose framing breaks is refused, and the target sees no whole request.
func TestForwardBadBody(t *testing.T) {
	for _, body := range []string{"5\nhello", "5\r\nhello!\r\n0\r\n\r\n", "x\r\n", "ffffffffffffffff\r\n", "0\r\nA b\r\n\r\n"} {
		o := serveOrigin(t, "never", okAnswer, nil)
		p := serveProxy(t, new(Server))
		got := say(t, p.at, "POST http://"+o.at+"/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"+body, 1<<20)
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("%q: %q", body, got)
		}
		if got := <-o.got; strings.Contains(got, "0\r\n\r\n") {
			t.Errorf("%q: the target got %q", body, got)
		}
	}
}

// 8 MiB go through in both directions at once, by both kinds of framing.
func TestForwardLarge(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 1<<19)
	origin := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", r.Header.Get("X-Length"))
		}
		io.Copy(w, r.Body)
	})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go origin.Serve(ln)
	t.Cleanup(func() { origin.Close() })
	p := serveProxy(t, new(Server))
	for _, framing := range []string{"length", "chunks"} {
		c, err := net.Dial("tcp", p.at)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(60 * time.Second))
		var body io.Reader = strings.NewReader(large)
		if framing == "chunks" {
			body = struct{ io.Reader }{body}
		}
		req, _ := http.NewRequest("POST", "http://"+ln.Addr().String()+"/"+framing, body)
		req.Header.Set("X-Length", "8388608")
		go req.WriteProxy(c)
		resp, err := http.ReadResponse(bufio.NewReader(c), req)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if err != nil || string(got) != large {
			t.Errorf("%s: %d bytes, %v", framing, len(got), err)
		}
		c.Close()
	}
}

// A target that takes no more of the body has its answer passed on. If it reset
// the connection, an answer that lasts to its end is not taken for whole.
func TestForwardResetWhileSending(t *testing.T) {
	for _, tt := range []struct {
		answer string
		whole  bool
	}{{"HTTP/1.0 413 Too Large\r\n\r\npart", false}, {"HTTP/1.0 413 Too Large\r\nContent-Length: 4\r\n\r\npart", true}} {
		stalled := make(chan bool)
		o := serveOrigin(t, "\r\n\r\n", tt.answer, func(c *net.TCPConn) {
			<-stalled
			c.SetLinger(0)
			c.Close()
		})
		p := serveProxy(t, new(Server))
		c, err := net.Dial("tcp", p.at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "POST http://"+o.at+"/ HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\n\r\n")
		if !tt.whole {
			c.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			c.Write(make([]byte, 64<<20))
		}
		close(stalled)
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		got, err := io.ReadAll(c)
		if !strings.HasSuffix(string(got), "part") || (err == nil) != tt.whole {
			t.Errorf("%q: got %q, %v", tt.answer, got, err)
		}
	}
}

// A target that says nothing for too long is given up, and the client has an
// answer.
func TestForwardIdle(t *testing.T) {
	o := serveOrigin(t, "never", "", nil)
	p := serveProxy(t, new(Server))
	p.idle = 50 * time.Millisecond
	if got := say(t, p.at, "GET http://"+o.at+"/ HTTP/1.1\r\nHost: x\r\n\r\n", 1<<20); !strings.HasPrefix(got, "HTTP/1.1 504 ") {
		t.Errorf("%q", got)
	}
	<-o.got
}

// A client that is gone leaves no target behind, though that says nothing.
func TestForwardClientGone(t *testing.T) {
	o := serveOrigin(t, "never", "", nil)
	p := serveProxy(t, new(Server))
	c, err := net.Dial("tcp", p.at)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, "GET http://"+o.at+"/ HTTP/1.1\r\nHost: x\r\n\r\n")
	p.results(t, 1)
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
	select {
	case <-o.got:
	case <-time.After(20 * time.Second):
		t.Error("the target waits for a client that is gone")
	}
}

// FuzzForwardHead: what is sent to a target for a head that is accepted is one
// request of net/http with the same method, path and length, for the target
// that was asked for, and nothing after it.
func FuzzForwardHead(f *testing.F) {
	for _, s := range []string{
		"GET http://a/b?c HTTP/1.1\r\nHost: d\r\nA: b\r\n\r\n", "POST http://a:81 HTTP/1.0\r\nContent-Length: 5\r\n\r\n",
		"PUT http://[::1]:8/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: a,b\r\na: 1\r\n\r\n",
		"OPTIONS http://a HTTP/1.1\r\nHost: x\r\nConnection: host\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &Request{server: new(Server), Protocol: "http", in: &input{buf: b, w: len(b)}, c: nowhere{}}
		r.in.skipEmptyLines()
		done, status := r.head.Parse(r.in.buf[r.in.r:])
		if !done || status != 0 || r.judgeHTTP() != nil || r.Kind != KindForward {
			return
		}
		sent := r.requestHead()
		rest := bufio.NewReader(bytes.NewReader(sent))
		req, err := http.ReadRequest(rest)
		if err != nil {
			t.Fatalf("%q: %q: %v", b, sent, err)
		}
		length := r.head.Length
		if r.head.Chunked {
			length = -1
		}
		if req.ContentLength != length || req.Host != r.authority() || req.RequestURI != r.path || !req.Close {
			t.Fatalf("%q became %q", b, sent)
		}
		var h http1.Head
		if done, status := h.Parse(sent); !done || status != 0 || h.Len != len(sent) || h.Chunked != r.head.Chunked || h.Length != r.head.Length {
			t.Fatalf("%q became %q: %v, %d", b, sent, done, status)
		}
		for _, name := range []string{"Connection", "Proxy-Connection", "Proxy-Authorization", "Keep-Alive", "Te", "Upgrade"} {
			if v := req.Header.Values(name); len(v) > 0 && !(name == "Connection" && len(v) == 1 && v[0] == "close") {
				t.Fatalf("%q became %q", b, sent)
			}
		}
	})
}

// nowhere is a connection that takes everything.
type nowhere struct{ net.Conn }

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
