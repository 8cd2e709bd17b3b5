package proxyproto

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// v2 returns a header with the two bytes after the signature and what follows the
// length.
func v2(command, family byte, rest string) string {
	b := append([]byte(signature), command, family)
	return string(binary.BigEndian.AppendUint16(b, uint16(len(rest)))) + rest
}

// checked returns a version 2 header with a checksum.
func checked(rest string) string {
	b := []byte(v2(0x21, 0x11, rest+"\x03\x00\x04\x00\x00\x00\x00"))
	sum := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	binary.BigEndian.PutUint32(b[len(b)-4:], sum)
	return string(b)
}

const (
	v4pair = "\x0a\x00\x00\x01\xc0\x00\x02\x07\x30\x39\x00\x50"
	v4want = "10.0.0.1:12345 192.0.2.7:80"
)

var (
	v6pair    = strings.Repeat("\x00", 15) + "\x01" + "\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x07" + "\x00\x01\xff\xff"
	unixPaths = "/a" + strings.Repeat("\x00", 106) + "\x00b" + strings.Repeat("\x00", 106)
)

func good() []struct{ header, want string } {
	return []struct{ header, want string }{
		{"PROXY TCP4 10.0.0.1 192.0.2.7 12345 80\r\n", v4want},
		{"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n", "1.1.1.1:1 1.1.1.1:1"},
		{"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535 255.255.255.255:65535"},
		{"PROXY TCP6 :: ::1 0 65535\r\n", "[::]:0 [::1]:65535"},
		{"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
			"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535 [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
		{"PROXY TCP6 ::ffff:1.2.3.4 ::1 1 2\r\n", "1.2.3.4:1 [::1]:2"},
		{"PROXY UNKNOWN\r\n", ""},
		{"PROXY UNKNOWN ffff:: what ever\r\n", ""},
		{v2(0x21, 0x11, v4pair), v4want},
		{v2(0x21, 0x12, v4pair), v4want},
		{v2(0x21, 0x11, v4pair+"\x04\x00\x02xy"), v4want},
		{v2(0x21, 0x21, v6pair), "[::1]:1 [2001:db8::7]:65535"},
		{v2(0x21, 0x31, unixPaths), "/a @b"},
		{v2(0x21, 0x32, unixPaths), "/a @b"},
		{v2(0x21, 0x00, ""), ""},
		{v2(0x21, 0x00, "\x04\x00\x00"), ""},
		{v2(0x21, 0x41, ""), ""},
		{v2(0x21, 0x13, v4pair), ""},
		{v2(0x20, 0x00, ""), "local"},
		{v2(0x20, 0x11, "odd"), "local"},
		{checked(v4pair), v4want},
		{v2(0x21, 0x11, v4pair+"\x04\xff\xf0"+strings.Repeat("x", 0xfff0)), v4want},
	}
}

func spell(h Header) string {
	if h.Local {
		return "local"
	}
	if h.Source == nil {
		return ""
	}
	return h.Source.String() + " " + h.Destination.String()
}

// A header is read whole and nothing behind it, in whatever pieces it comes,
// and a part of one is no header.
func TestRead(t *testing.T) {
	for _, tt := range good() {
		for _, tail := range []string{"", "\r\n", "tail"} {
			for _, chunk := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.HalfReader} {
				r := strings.NewReader(tt.header + tail)
				h, err := read(chunk(r))
				if err != nil || spell(h) != tt.want || r.Len() != len(tail) {
					t.Fatalf("%q: %q, %v, %d bytes left of %d", tt.header, spell(h), err, r.Len(), len(tail))
				}
			}
		}
		for n := range min(len(tt.header), 300) {
			_, err := read(strings.NewReader(tt.header[:n]))
			if n == 0 && err != io.EOF || n > 0 && err != io.ErrUnexpectedEOF {
				t.Fatalf("%q: %v", tt.header[:n], err)
			}
		}
	}
}

func TestReadBad(t *testing.T) {
	bad := checked(v4pair)
	for _, s := range []string{
		"G", "GET / HTTP/1.1\r\n", "PROXX", "PROXYTCP4 1.1.1.1 1.1.1.1 1 1\r\n", "\r\n\r\n\x00\r\nQUIX", "\x16\x03\x01",
		"PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n", "PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n",
		"PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 +1 1\r\n",
		"PROXY TCP4 ::1 ::1 1 1\r\n...............", "PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n", "PROXY TCP6 fe80::1%a ::1 1 1\r\n",
		"PROXY TCP4 01.1.1.1 1.1.1.1 1 1\r\n", "PROXY TCP4 1.1.1 1.1.1.1 11 1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\nx",
		"PROXY TCP4 1.1.1.1 1.1.1.1 1\n1\r\n", "PROXY UNKNOWN\n      ", "PROXY UNKNOWN " + strings.Repeat("x", 200), "PROXY unknown\r\n",
		v2(0x31, 0x11, v4pair), v2(0x22, 0x11, v4pair), v2(0x21, 0x11, v4pair[1:]), v2(0x21, 0x21, v4pair), v2(0x21, 0x31, v6pair),
		v2(0x21, 0x11, v4pair+"\x04"), v2(0x21, 0x11, v4pair+"\x04\x00\x01"), v2(0x21, 0x11, v4pair+"\x03\x00\x02xx"),
		bad[:len(bad)-1] + string(bad[len(bad)-1]^1),
	} {
		_, err := read(strings.NewReader(s))
		if _, ok := errors.AsType[*Error](err); !ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// What is written is read again, by this package's reader and with the same
// addresses.
func TestWrite(t *testing.T) {
	tcp := func(s string) net.Addr { a, _ := net.ResolveTCPAddr("tcp", s); return a }
	udp := func(s string) net.Addr { a, _ := net.ResolveUDPAddr("udp", s); return a }
	unix := func(s string) net.Addr { return &net.UnixAddr{Name: s, Net: "unix"} }
	for _, tt := range []struct {
		h      Header
		v1, v2 string
	}{
		{Header{Source: tcp("10.0.0.1:12345"), Destination: tcp("192.0.2.7:80")}, v4want, v4want},
		{Header{Source: tcp("[::1]:1"), Destination: tcp("[2001:db8::7]:2")}, "[::1]:1 [2001:db8::7]:2", "[::1]:1 [2001:db8::7]:2"},
		{Header{Source: &net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 1, Zone: "lo"}, Destination: tcp("[::1]:2")}, "[fe80::1]:1 [::1]:2", "[fe80::1]:1 [::1]:2"},
		{Header{Source: tcp("1.2.3.4:1"), Destination: tcp("[::1]:2")}, "1.2.3.4:1 [::1]:2", "1.2.3.4:1 [::1]:2"},
		{Header{Source: udp("1.2.3.4:1"), Destination: udp("5.6.7.8:2")}, "", "1.2.3.4:1 5.6.7.8:2"},
		{Header{Source: unix(""), Destination: unix("/tmp/x")}, "", " /tmp/x"},
		{Header{Source: unix("@"), Destination: unix(strings.Repeat("x", 109))}, "", "local"},
		{Header{Local: true}, "", "local"},
		{Header{}, "", "local"},
	} {
		one, two := tt.h.AppendV1(nil), tt.h.AppendV2(nil)
		h1, err1 := read(bytes.NewReader(one))
		h2, err2 := read(bytes.NewReader(two))
		if err1 != nil || err2 != nil || spell(h1) != tt.v1 || spell(h2) != tt.v2 {
			t.Errorf("%s: v1 %q is %q, %v; v2 %q is %q, %v", spell(tt.h), one, spell(h1), err1, two, spell(h2), err2)
		}
	}
}

// Read ends with its context, and leaves no deadline.
func TestReadDeadline(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	go far.Write([]byte("PROXY TC"))
	_, err := Read(ctx, near)
	if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, context.DeadlineExceeded) || e.Why != "sent no PROXY header in time" {
		t.Errorf("%v", err)
	}
	go far.Write([]byte("PROXY UNKNOWN\r\nmore"))
	if h, err := Read(t.Context(), near); err != nil || h.Source != nil {
		t.Errorf("%v, %v", h, err)
	}
	more := make([]byte, 4)
	if _, err := io.ReadFull(near, more); err != nil || string(more) != "more" {
		t.Errorf("%q, %v", more, err)
	}
	go far.Close()
	if _, err := Read(t.Context(), near); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}

// A connection with a header has the header's addresses, and what it had.
func TestNewConn(t *testing.T) {
	h, _ := read(strings.NewReader("PROXY TCP4 10.0.0.1 192.0.2.7 12345 80\r\n"))
	near, far := net.Pipe()
	defer far.Close()
	defer near.Close()
	for _, c := range []net.Conn{new(net.TCPConn), new(net.UnixConn), near} {
		n := NewConn(c, h)
		if got := n.RemoteAddr().String() + " " + n.LocalAddr().String(); got != v4want || n.(interface{ NetConn() net.Conn }).NetConn() != c {
			t.Errorf("%T: %s", c, got)
		}
		if _, has := c.(interface{ CloseWrite() error }); has {
			_ = n.(interface{ CloseWrite() error })
		}
		if _, has := c.(io.ReaderFrom); has {
			_ = n.(io.ReaderFrom)
		}
		if NewConn(c, Header{}) != c {
			t.Errorf("%T: wrapped for nothing", c)
		}
	}
}

// FuzzRead: what is read as a header is exactly its own length, whatever comes
// behind it; a line has the addresses that its words are; and what was read
// and is written is read as the same.
func FuzzRead(f *testing.F) {
	for _, tt := range good() {
		f.Add([]byte(tt.header))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		h, err := read(r)
		if err != nil {
			return
		}
		n := len(b) - r.Len()
		if b[0] == 'P' {
			line, _, _ := strings.Cut(string(b), "\r\n")
			w := strings.Fields(line)
			if n != len(line)+2 || n > longest {
				t.Fatalf("%q: %d bytes read", b, n)
			}
			if h.Source != nil && (len(w) != 6 || h.Source.(*net.TCPAddr).Port < 0 || !net.ParseIP(w[2]).Equal(h.Source.(*net.TCPAddr).IP)) {
				t.Fatalf("%q: %v", line, h.Source)
			}
		} else if n != 16+int(binary.BigEndian.Uint16(b[14:])) {
			t.Fatalf("%q: %d bytes read", b, n)
		}
		tail := bytes.NewReader(append(bytes.Clone(b[:n]), "\r\ntail"...))
		if h2, err := read(tail); err != nil || spell(h2) != spell(h) || tail.Len() != 6 {
			t.Fatalf("%q: with a tail %v, %v", b, h2, err)
		}
		if h3, err := read(bytes.NewReader(h.AppendV2(nil))); err != nil || spell(h3) != spell(h) && h.Source != nil {
			t.Fatalf("%q: written and read again %v, %v", b, h3, err)
		}
		if _, isTCP := h.Source.(*net.TCPAddr); isTCP {
			if h4, err := read(bytes.NewReader(h.AppendV1(nil))); err != nil || spell(h4) != spell(h) {
				t.Fatalf("%q: written as text and read again %v, %v", b, h4, err)
			}
		}
	})
}
