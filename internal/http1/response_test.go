package http1

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"
)

func TestParseResponse(t *testing.T) {
	for _, tt := range []struct {
		in      string
		refused bool
		status  uint16
		length  int64
		chunked bool
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, 200, 5, false},
		{"HTTP/1.0 404\n\n", false, 404, 0, false},
		{"HTTP/1.1 204 \r\n\r\n", false, 204, 0, false},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, 200, 0, true},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", false, 200, 0, true},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", false, 200, 0, false},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", true, 0, 0, false},
		{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, 0, 0, false},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", true, 0, 0, false},
		{"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", true, 0, 0, false},
		{"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", true, 0, 0, false},
		{"HTTP/2.0 200 OK\r\n\r\n", true, 0, 0, false},
		{"HTTP/1.1 20 OK\r\n\r\n", true, 0, 0, false},
		{"HTTP/1.1 099 OK\r\n\r\n", true, 0, 0, false},
		{"HTTP/1.1 2000\r\n\r\n", true, 0, 0, false},
		{"GET / HTTP/1.1\r\n\r\n", true, 0, 0, false},
		{"\r\n\r\n", true, 0, 0, false},
		{"SSH-2.0-OpenSSH_9.2\r\n", true, 0, 0, false},
	} {
		var h Head
		done, status := h.ParseResponse([]byte(tt.in))
		if (status != 0) != tt.refused || !tt.refused && (!done || h.Status != tt.status || h.Length != tt.length || h.Chunked != tt.chunked) {
			t.Errorf("%q: %v %d %+v", tt.in, done, status, h)
		}
	}
}

// FuzzResponse: what is accepted here net/http accepts as well, and sees the
// same status and the same length.
func FuzzResponse(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.0 404\n\n", "HTTP/1.1 101 x\r\nUpgrade: y\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var h Head
		done, status := h.ParseResponse(b)
		if !done || status != 0 {
			return
		}
		r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
		if err != nil {
			if bytes.Contains(bytes.ToLower(b), []byte("transfer-encoding")) && !h.Chunked {
				return // it knows no coding but chunked
			}
			if bytes.Contains(b, []byte(",")) && h.Chunked {
				return
			}
			t.Fatalf("accepted, but the oracle says: %v", err)
		}
		if r.StatusCode != int(h.Status) {
			t.Fatalf("status %d, oracle %d", h.Status, r.StatusCode)
		}
		bodiless := h.Status < 200 || h.Status == 204 || h.Status == 304
		if !bodiless && h.Counted && r.ContentLength != h.Length || !bodiless && (h.Chunked != (len(r.TransferEncoding) > 0)) {
			t.Fatalf("%+v, oracle %d %v", h, r.ContentLength, r.TransferEncoding)
		}
	})
}
