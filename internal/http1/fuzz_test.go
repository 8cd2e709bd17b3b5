package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
)

// differs names why net/http.ReadRequest refuses, or sees otherwise, what the
// page accepts. The reason is the clause that the page follows.
func differs(line []byte, err error) string {
	target := strings.Fields(string(line))[1]
	if strings.Contains(err.Error(), "invalid URL escape") && !strings.HasPrefix(target, "/") {
		return "RFC 3986 section 3.2.2: any pct-encoded byte is good in a reg-name"
	}
	return ""
}

// FuzzHead: what the page accepts, net/http accepts, and sees the same
// method, target, length and persistence.
func FuzzHead(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD /a?b HTTP/1.0\n\n", "OPTIONS * HTTP/1.1\r\nHost:\r\nConnection: a, close\r\n\r\n",
		"GET http://[::1]:80/ HTTP/1.1\r\nHost: [::1]\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
		"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n a: folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", "GET /\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Add([]byte("GET http://a%41/ HTTP/1.1\r\nHost: %41\r\n\r\n"))
	f.Add([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h := Head{}
		done, status := h.Parse(b)
		checkPieces(t, b, h, done, status)
		if !done || status != 0 {
			return
		}
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			if differs(b[:h.Line], err) == "" {
				t.Fatalf("accepted, but the oracle says: %v", err)
			}
			return
		}
		sameRequest(t, &h, string(b[:h.Line]), req)
	})
}

// checkPieces holds parse to the same result when the head comes bytewise.
func checkPieces(t *testing.T, b []byte, whole Head, done bool, status int) {
	h := Head{}
	for n := 1; n <= len(b); n++ {
		d, s := h.Parse(b[:n])
		if s == 400 && status != 0 {
			return // judged before the line's end, which may have been too far off
		}
		if d || s != 0 {
			if h.scan = whole.scan; d != done || s != status || h != whole {
				t.Fatalf("bytewise %v %d %+v, at once %v %d %+v", d, s, h, done, status, whole)
			}
			return
		}
	}
	if done || status != 0 {
		t.Fatalf("bytewise nothing, at once %v %d", done, status)
	}
}

func sameRequest(t *testing.T, h *Head, line string, req *http.Request) {
	t.Helper()
	if req.Method+" "+req.RequestURI+" "+req.Proto != line {
		t.Errorf("line %q, oracle %s %s %s", line, req.Method, req.RequestURI, req.Proto)
	}
	if m := methodOf([]byte(req.Method)); h.Method != m {
		t.Errorf("method %d, oracle %d", h.Method, m)
	}
	length := h.Length
	if h.Chunked {
		length = -1
	}
	if length != req.ContentLength {
		t.Errorf("length %d, oracle %d", length, req.ContentLength)
	}
	if h.Persists() == req.Close {
		t.Errorf("persists %v, oracle closes %v", h.Persists(), req.Close)
	}
}

// FuzzChunks: a body that the page accepts ends where net/http's reader
// says it does, has as much data, and may come in any pieces.
func FuzzChunks(f *testing.F) {
	f.Add([]byte("1\r\nx\r\n1\r\nx\r\n0\r\n\r\n"), uint8(1))
	f.Add([]byte("001 ;a=\"b\";c\r\nx\r\n00\r\nA: b\r\nC:\r\n\r\nrest"), uint8(3))
	f.Add([]byte("a\r\n0123456789\r\n0;\r\n\r\n"), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, piece uint8) {
		whole := Body{state: bodySize}
		n, done, status := whole.Take(b)
		parts := Body{state: bodySize}
		m, d, s := 0, false, 0
		for m < len(b) && !d && s == 0 {
			var k int
			k, d, s = parts.Take(b[m:min(len(b), m+1+int(piece))])
			m += k
		}
		if len(b) > 0 && (m != n || d != done || s != status || parts != whole) {
			t.Fatalf("in pieces %d %v %d %+v, at once %d %v %d %+v", m, d, s, parts, n, done, status, whole)
		}
		if !done {
			return
		}
		if err := sameChunks(b[:n], whole.data); err != nil {
			t.Fatal(err)
		}
	})
}

// sameChunks holds an accepted body to what net/http's reader makes of it.
// Whitespace before a chunk extension is taken out first, which that reader
// refuses and RFC 9110 section 5.6.3 has recipients remove.
func sameChunks(b []byte, data int64) error {
	r := bufio.NewReader(bytes.NewReader(b))
	if bytes.Contains(b, []byte(" ;")) || bytes.Contains(b, []byte("\t;")) {
		return nil
	}
	n, err := io.Copy(io.Discard, httputil.NewChunkedReader(r))
	if err != nil && !strings.Contains(err.Error(), "too much non-data") { // a limit, not syntax
		return err
	}
	if err == nil && n != data {
		return errors.New("another amount of data")
	}
	return nil
}
