package proxy

import (
	"strings"
	"testing"
)

type badRequest struct{ in, want string }

// badRequests returns requests, and what the answers to them begin with.
func badRequests() []badRequest {
	const no4, no5 = "\x00\x5b\x00\x00\x00\x00\x00\x00", "\x05\x00\x05\x01\x00\x01\x00\x00\x00\x00\x00\x00"
	long := strings.Repeat("a", 256)
	return []badRequest{
		{"\x04\x02\x00\x50\x7f\x00\x00\x01\x00", no4},
		{"\x04\x01\x00\x00\x7f\x00\x00\x01\x00", no4},
		{"\x04\x01\x00\x50\x7f\x00\x00\x01" + long + "\x00", no4},
		{socks4aTo("", 80), no4},
		{socks4aTo("a b", 80), no4},
		{socks4aTo("a\r\nb", 80), no4},
		{socks4aTo(long, 80), no4},
		{"\x05\x00", "\x05\xff"},
		{"\x05\x01\x02", "\x05\xff"},
		{"\x05\x01\x00" + "\x04\x01\x00\x01\x7f\x00\x00\x01\x00\x50", no5},
		{"\x05\x01\x00" + "\x05\x01\x01\x01\x7f\x00\x00\x01\x00\x50", no5},
		{"\x05\x01\x00" + "\x05\x02\x00\x01\x7f\x00\x00\x01\x00\x50", "\x05\x00\x05\x07"},
		{"\x05\x01\x00" + "\x05\x09\x00\x01\x7f\x00\x00\x01\x00\x50", "\x05\x00\x05\x07"},
		{"\x05\x01\x00" + "\x05\x01\x00\x02\x7f\x00\x00\x01\x00\x50", "\x05\x00\x05\x08"},
		{socks5Name("", 80), no5},
		{socks5Name("a\x00b", 80), no5},
		{socks5Name("a\x1b[0m", 80), no5},
		{socks5Name("[::1]", 80), no5},
		{socks5Name("fe80::1%lo", 80), no5},
		{socks5Name("x", 0), no5},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"GET https://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 501 "},
		{"GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 501 "},
		{"GET http://u:p@x/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"GET http://x:0/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"GET http://x:65536/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"GET http://a%00b/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"TRACE http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 "},
		{"CONNECT x HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"CONNECT x:0 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"CONNECT x:99999 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"CONNECT http://x:1/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"POST http://x/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400 "},
		{"POST http://x/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 400 "},
		{"POST http://x/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nab", "HTTP/1.1 413 "},
		{"POST http://x/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nab", "HTTP/1.1 400 "},
		{"GET http://x/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "HTTP/1.1 400 "},
		{"GET http://x/ HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
		{"GET http://x/ HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP/1.1 505 "},
		{"GET http://x/" + strings.Repeat("a", 9000) + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 414 "},
		{"GET http://x/ HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 200) + "\r\n", "HTTP/1.1 431 "},
		{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "HTTP/1.1 400 "},
		{"\x00\x00\x00\x00", "HTTP/1.1 400 "},
	}
}

// What a client says wrongly is refused before anything is connected to, and
// a request that is cut anywhere is none.
func TestServerBadRequests(t *testing.T) {
	p := serveProxy(t, new(Server))
	n := 0
	for _, tt := range badRequests() {
		n++
		if got := say(t, p.at, tt.in, 1<<20); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
	for _, in := range []string{socks4aTo("localhost", 1), socks5Name("localhost", 1), "CONNECT localhost:1 HTTP/1.1\r\nHost: x\r\n\r\n"} {
		for cut := range len(in) {
			say(t, p.at, in[:cut], 1<<20)
			n++
		}
	}
	if asked, _ := p.results(t, n); len(asked) > 0 {
		t.Errorf("%q", asked)
	}
}
