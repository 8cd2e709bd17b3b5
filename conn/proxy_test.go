package conn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestProxyType(t *testing.T) {
	for name, want := range map[string]string{
		"4": "socks4", "4a": "socks4a", "4A": "socks4a", "5": "socks5", "connect": "http",
		"socks4": "socks4", "socks4a": "socks4a", "SOCKS5": "socks5", "http": "http",
		"": "", "6": "", "https": "", "socks": "",
	} {
		if got, err := ProxyType(name); got != want || (err == nil) != (want != "") {
			t.Errorf("ProxyType(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestParseProxy(t *testing.T) {
	for _, tt := range []struct {
		s, defaultType string
		want           Proxy
	}{
		{"h", "socks5", Proxy{Type: "socks5", Address: Address{"h", "1080"}}},
		{"h", "http", Proxy{Type: "http", Address: Address{"h", "3128"}}},
		{"h:8080", "http", Proxy{Type: "http", Address: Address{"h", "8080"}}},
		{"127.0.0.1:9050", "socks4a", Proxy{Type: "socks4a", Address: Address{"127.0.0.1", "9050"}}},
		{"[::1]:9", "socks5", Proxy{Type: "socks5", Address: Address{"::1", "9"}}},
		{"[::1]", "socks5", Proxy{Type: "socks5", Address: Address{"::1", "1080"}}},
		{"::1", "socks5", Proxy{Type: "socks5", Address: Address{"::1", "1080"}}},
		{"2001:db8::5", "http", Proxy{Type: "http", Address: Address{"2001:db8::5", "3128"}}},
		{"2001:db8:0:0:0:0:0:5", "http", Proxy{Type: "http", Address: Address{"2001:db8:0:0:0:0:0:5", "3128"}}},
		{"2001:db8::1:beef", "http", Proxy{Type: "http", Address: Address{"2001:db8::1:beef", "3128"}}},
		{"fe80::1%eth0", "http", Proxy{Type: "http", Address: Address{"fe80::1%eth0", "3128"}}},
		{"socks5://h", "http", Proxy{Type: "socks5", Address: Address{"h", "1080"}}},
		{"socks5h://h", "http", Proxy{Type: "socks5", Address: Address{"h", "1080"}, DNS: "remote"}},
		{"SOCKS4://h:1/", "http", Proxy{Type: "socks4", Address: Address{"h", "1"}}},
		{"socks4a://me@h", "http", Proxy{Type: "socks4a", Address: Address{"h", "1080"}, User: "me"}},
		{"socks://h", "http", Proxy{Type: "socks5", Address: Address{"h", "1080"}}},
		{"socks://h", "socks4", Proxy{Type: "socks4", Address: Address{"h", "1080"}}},
		{"http://u:p@h", "socks5", Proxy{Type: "http", Address: Address{"h", "3128"}, User: "u", Password: "p"}},
		{"http://u:p:q@r@[::1]:8/", "socks5", Proxy{Type: "http", Address: Address{"::1", "8"}, User: "u", Password: "p:q@r"}},
		{"socks5://a%40b:%25%3a@h", "http", Proxy{Type: "socks5", Address: Address{"h", "1080"}, User: "a@b", Password: "%:"}},
		{"http://[fe80::1%25eth0]:8", "http", Proxy{Type: "http", Address: Address{"fe80::1%eth0", "8"}}},
	} {
		got, err := ParseProxy(tt.s, tt.defaultType)
		if err != nil || got != tt.want {
			t.Errorf("ParseProxy(%q, %q) = %+v, %v, want %+v", tt.s, tt.defaultType, got, err, tt.want)
		}
	}
}

func TestParseProxyRefuses(t *testing.T) {
	for s, want := range map[string]string{
		"":                        "has no host",
		":1080":                   "has no host",
		"h:":                      "has no port after the colon",
		"h:0":                     "port number invalid: 0",
		"h:65536":                 "port number too large: 65536",
		"h:http/1":                "port number invalid",
		"a b":                     "a character that no host name has",
		"h/path":                  "a character that no host name has",
		"http://h/path":           "a character that no host name has",
		"http://h:80/path":        "port number invalid",
		"b\xc3\xbccher":           "a character that no host name has",
		"1:2:3":                   "more than one colon",
		"2001:db8::1:1080":        "may or may not end in a port",
		"[::1":                    "brackets",
		"https://u:hunter2@h":     "not a kind of proxy",
		"socks6://u:hunter2@h":    "not a kind of proxy",
		"u:hunter2@h:80":          "only a URL can have",
		"http://u:hunter2%zz@h":   "bad escape",
		"http://u:hunter2@h:x y":  "port number invalid",
		"http://u:hunter2@":       "has no host",
		strings.Repeat("h", 256):  "longer than 255",
		"http://u:hunter2@h%25/x": "character",
	} {
		p, err := ParseProxy(s, "http")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseProxy(%q): %v, want %q", s, err, want)
		} else if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "hunter2") || p != (Proxy{}) {
			t.Errorf("ParseProxy(%q): %s, %+v holds the password", s, text, p)
		}
	}
}

// FuzzParseProxy: what is accepted has a host and a port, and means the same
// when it is written as a URL.
func FuzzParseProxy(f *testing.F) {
	for _, s := range []string{"h", "h:1", "[::1]:1", "::1", "socks5://u:p@h:1/", "http://[fe80::1%25e]", "2001:db8::1:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseProxy(s, "http")
		if err != nil {
			if p != (Proxy{}) {
				t.Fatalf("%q: %+v comes with %v", s, p, err)
			}
			return
		}
		if h, err := parseHop(p.Address); err != nil || h.port == 0 {
			t.Fatalf("%q: %+v, %v", s, p, err)
		}
		again, err := ParseProxy(p.Type+"://"+strings.ReplaceAll(p.Address.String(), "%", "%25"), "socks5")
		if err != nil || again.Address != p.Address || again.Type != p.Type {
			t.Fatalf("%q: %+v, then %+v, %v", s, p, again, err)
		}
	})
}

func TestDestination(t *testing.T) {
	names := func(_ context.Context, network, host string) ([]netip.Addr, error) {
		if host != "known" {
			return nil, &net.DNSError{Err: "no such host", Name: host}
		}
		if network == "ip4" {
			return []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")}, nil
	}
	for _, tt := range []struct{ proxy, dns, network, host, want string }{
		{"socks5", "", "ip", "known", "known"},
		{"socks5", "remote", "ip", "unknown", "unknown"},
		{"socks5", "local", "ip", "known", "2001:db8::1"},
		{"http", "local", "ip4", "known", "192.0.2.1"},
		{"http", "local", "ip", "unknown", ""},
		{"http", "both", "ip", "known", "2001:db8::1"},
		{"http", "both", "ip", "unknown", "unknown"},
		{"http", "none", "ip", "known", ""},
		{"http", "none", "ip", "192.0.2.7", "192.0.2.7"},
		{"socks4", "", "ip", "known", "192.0.2.1"},
		{"socks4", "both", "ip", "unknown", ""},
		{"socks4", "none", "ip", "known", ""},
		{"socks4", "", "ip6", "known", ""},
		{"socks4a", "", "ip", "known", "known"},
		{"socks4a", "local", "ip4", "known", "192.0.2.1"},
	} {
		p := Proxy{Type: tt.proxy, Address: Address{"p", "1"}, DNS: tt.dns}
		got, err := p.destination(t.Context(), tt.network, Address{tt.host, "80"}, names)
		if (err != nil) != (tt.want == "") || err == nil && got != (Address{tt.want, "80"}) {
			t.Errorf("%+v: %v, %v", tt, got, err)
		}
	}
}

// A talk is a handshake that succeeds: what the proxy reads and what it
// answers, in turn.
type talk struct {
	name   string
	p      Proxy
	target Address
	turns  []turn
}

type turn struct{ want, answer string }

const (
	okSOCKS4 = "\x00\x5a\x00\x50\x7f\x00\x00\x01"
	okSOCKS5 = "\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38"
)

var talks = []talk{
	{"socks4", Proxy{Type: "socks4"}, Address{"192.0.2.1", "80"},
		[]turn{{"\x04\x01\x00\x50\xc0\x00\x02\x01\x00", okSOCKS4}}},
	{"socks4 user", Proxy{Type: "socks4", User: "me"}, Address{"::ffff:192.0.2.1", "258"},
		[]turn{{"\x04\x01\x01\x02\xc0\x00\x02\x01me\x00", okSOCKS4}}},
	{"socks4a", Proxy{Type: "socks4a", User: "me"}, Address{"example.com", "80"},
		[]turn{{"\x04\x01\x00\x50\x00\x00\x00\x01me\x00example.com\x00", okSOCKS4}}},
	{"socks4a number", Proxy{Type: "socks4a"}, Address{"192.0.2.1", "80"},
		[]turn{{"\x04\x01\x00\x50\xc0\x00\x02\x01\x00", okSOCKS4}}},
	{"socks5", Proxy{Type: "socks5"}, Address{"192.0.2.1", "80"},
		[]turn{{"\x05\x01\x00", "\x05\x00"}, {"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50", okSOCKS5}}},
	{"socks5 IPv6", Proxy{Type: "socks5"}, Address{"2001:db8::1", "80"},
		[]turn{{"\x05\x01\x00", "\x05\x00"},
			{"\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50",
				"\x05\x00\x00\x04" + strings.Repeat("\x00", 16) + "\x04\x38"}}},
	{"socks5 name", Proxy{Type: "socks5"}, Address{strings.Repeat("n", 255), "80"},
		[]turn{{"\x05\x01\x00", "\x05\x00"},
			{"\x05\x01\x00\x03\xff" + strings.Repeat("n", 255) + "\x00\x50", "\x05\x00\x00\x03\x05proxy\x04\x38"}}},
	{"socks5 login", Proxy{Type: "socks5", User: "me", Password: "secret"}, Address{"a", "80"},
		[]turn{{"\x05\x02\x00\x02", "\x05\x02"}, {"\x01\x02me\x06secret", "\x01\x00"},
			{"\x05\x01\x00\x03\x01a\x00\x50", "\x05\x00\x00\x03\x00\x04\x38"}}},
	{"socks5 login not wanted", Proxy{Type: "socks5", User: "me", Password: "secret"}, Address{"a", "80"},
		[]turn{{"\x05\x02\x00\x02", "\x05\x00"}, {"\x05\x01\x00\x03\x01a\x00\x50", okSOCKS5}}},
	{"http", Proxy{Type: "http"}, Address{"example.com", "443"},
		[]turn{{"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
			"HTTP/1.1 200 Connection established\r\n\r\n"}}},
	{"http IPv6", Proxy{Type: "http"}, Address{"2001:db8::1", "443"},
		[]turn{{"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n",
			"HTTP/1.0 200 OK\r\nVia: x\r\n\r\n"}}},
	{"http login", Proxy{Type: "http", User: "Aladdin", Password: "open sesame"}, Address{"a", "1"},
		[]turn{{"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n",
			"HTTP/1.1 200\r\n\r\n"}}},
	{"http 1xx and a body that is none", Proxy{Type: "http"}, Address{"a", "1"},
		[]turn{{"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
			"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
				"HTTP/1.1 204 \r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"}}},
	{"http lone LF", Proxy{Type: "http"}, Address{"a", "1"},
		[]turn{{"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "HTTP/1.1 299 x\nA: b\n\n"}}},
}

// play is the proxy's part: at most most bytes of the answers, each in pieces
// of piece bytes, and tail with the last.
func (k talk) play(c net.Conn, piece, most int, tail string) error {
	for i, turn := range k.turns {
		got := make([]byte, len(turn.want))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != turn.want {
			return fmt.Errorf("read %q, %v, want %q", got, err, turn.want)
		}
		answer := turn.answer
		if i == len(k.turns)-1 {
			answer += tail
		}
		answer = answer[:min(len(answer), most)]
		most -= len(answer)
		for answer != "" {
			n := min(piece, len(answer))
			if _, err := io.WriteString(c, answer[:n]); err != nil {
				return err
			}
			answer = answer[n:]
		}
		if most == 0 {
			return nil
		}
	}
	return nil
}

func (k talk) answerLen() (n int) {
	for _, turn := range k.turns {
		n += len(turn.answer)
	}
	return n
}

// dialScript connects, over TCP, to serve, which gets the other end and whose
// return closes it. The error of serve is the test's.
func dialScript(t *testing.T, serve func(c net.Conn) error) net.Conn {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		err := serve(s)
		s.Close()
		done <- err
	}()
	t.Cleanup(func() {
		c.Close()
		if err := <-done; err != nil {
			t.Error("the proxy:", err)
		}
	})
	return c
}

// TestHandshake has the answer come whole, byte by byte, and with what the
// target sends right behind it, all of which c still has to give.
func TestHandshake(t *testing.T) {
	checkProxyLeaks(t)
	const tail = "\r\n\x00the target speaks"
	for _, k := range talks {
		k.p.Address = Address{"127.0.0.1", "1080"}
		for _, piece := range []int{1 << 20, 1} {
			t.Run(fmt.Sprintf("%s/%d", k.name, piece), func(t *testing.T) {
				c := dialScript(t, func(c net.Conn) error { return k.play(c, piece, 1<<20, tail) })
				if err := k.p.handshake(t.Context(), c, k.target); err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(c); err != nil || string(got) != tail {
					t.Errorf("then %q, %v, want %q", got, err, tail)
				}
			})
		}
	}
}

// TestHandshakeCut ends the answer after every byte but the last.
func TestHandshakeCut(t *testing.T) {
	checkProxyLeaks(t)
	for _, k := range talks {
		t.Run(k.name, func(t *testing.T) {
			for n := range k.answerLen() {
				c := dialScript(t, func(c net.Conn) error { return k.play(c, 1<<20, n, "") })
				err := k.p.handshake(t.Context(), c, k.target)
				var e *ProxyError
				if !errors.As(err, &e) || !strings.Contains(e.Why, "closed the connection") {
					t.Fatalf("cut after %d bytes: %v", n, err)
				}
				if (n == 0) != strings.Contains(e.Why, "without an answer") {
					t.Fatalf("cut after %d bytes: %v", n, err)
				}
			}
		})
	}
}

// TestHandshakeRefused is every way for a proxy to say no, or nonsense.
func TestHandshakeRefused(t *testing.T) {
	checkProxyLeaks(t)
	s4, s4a, s5, h := Proxy{Type: "socks4"}, Proxy{Type: "socks4a"}, Proxy{Type: "socks5"}, Proxy{Type: "http"}
	s5login := Proxy{Type: "socks5", User: "me", Password: "hunter2"}
	hlogin := Proxy{Type: "http", User: "me", Password: "hunter2"}
	endless := strings.Repeat("A: b\r\n", 1<<12)
	for _, tt := range []struct {
		p       Proxy
		answers []string // one after each write of the client
		why     string
		hint    string
		code    int
		login   bool
	}{
		{s4, []string{"\x00\x5b......"}, "did not connect to 192.0.2.1:80: request rejected or failed", "", 91, false},
		{s4a, []string{"\x00\x5c......"}, ": SOCKS server cannot connect to identd on the client", "", 92, false},
		{s4, []string{"\x00\x5d"}, ": client program and identd report different user-ids", "", 93, false},
		{s4, []string{"\x00\x00......"}, "did not connect to 192.0.2.1:80: unknown reply 0", "", 0, false},
		{s4, []string{"\x04\x5a......"}, `does not speak SOCKS4: it answered "\x04Z"`, "", 0, false},
		{s4, []string{"\x05\xff"}, `does not speak SOCKS4`, "looks like a socks5 proxy", 0, false},
		{s4, []string{"HTTP/1.1 400 Bad Request\r\n\r\n"}, `does not speak SOCKS4: it answered "HT"`, "looks like an http proxy", 0, false},

		{s5, []string{"\x05\xff"}, "wants a login", "--proxy-auth", 0, true},
		{s5, []string{"\x05\x02"}, "wants a login", "--proxy-auth", 0, true},
		{s5, []string{"\x05\x01"}, "wants a login", "--proxy-auth", 0, true},
		{s5login, []string{"\x05\xff"}, "takes no login of user and password", "", 0, true},
		{s5login, []string{"\x05\x02", "\x01\x01"}, `refused the login of user "me"`, "--proxy-auth", 0, true},
		{s5login, []string{"\x05\x02", "\x05\x00"}, `does not speak SOCKS5: it answered "\x05\x00"`, "", 0, false},
		{s5, []string{"\x00\x5b"}, "does not speak SOCKS5", "looks like a socks4 proxy", 0, false},
		{s5, []string{"HTTP/1.0 400\r\n\r\n"}, `does not speak SOCKS5: it answered "HT"`, "looks like an http proxy", 0, false},
		{s5, []string{"\x1b["}, `does not speak SOCKS5: it answered "\x1b["`, "", 0, false},
		{s5, []string{"\x05\x00", "\x04\x00"}, `does not speak SOCKS5`, "", 0, false},
		{s5, []string{"\x05\x00", "\x05\x01"}, ": general SOCKS server failure", "", 1, false},
		{s5, []string{"\x05\x00", "\x05\x02"}, ": connection not allowed by ruleset", "", 2, false},
		{s5, []string{"\x05\x00", "\x05\x03"}, ": network unreachable", "", 3, false},
		{s5, []string{"\x05\x00", "\x05\x04"}, ": host unreachable", "", 4, false},
		{s5, []string{"\x05\x00", "\x05\x05" + okSOCKS5[2:]}, "did not connect to 192.0.2.1:80: connection refused", "", 5, false},
		{s5, []string{"\x05\x00", "\x05\x06"}, ": TTL expired", "", 6, false},
		{s5, []string{"\x05\x00", "\x05\x07"}, ": command not supported", "", 7, false},
		{s5, []string{"\x05\x00", "\x05\x08"}, ": address type not supported", "", 8, false},
		{s5, []string{"\x05\x00", "\x05\xf0"}, ": unknown reply 240", "", 240, false},
		{s5, []string{"\x05\x00", "\x05\x00\x00\x02"}, "an address of type 2", "", 0, false},

		{h, []string{"HTTP/1.0 407 Proxy Authentication Required\r\n\r\n"}, "wants a login", "--proxy-auth", 407, true},
		{h, []string{"HTTP/1.1 407 x\r\nProxy-Authenticate: Digest r=\"Basic\"\r\nproxy-authenticate:\tBASIC r=x\r\n\r\n"},
			"wants a login", "--proxy-auth", 407, true},
		{hlogin, []string{"HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: \x1b]0; x\r\n\r\n"},
			`wants a login by "NTLM, \x1b]0;"`, "only Basic", 407, true},
		{hlogin, []string{"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\n\r\n"}, `refused the login of user "me"`, "", 407, true},
		{h, []string{"HTTP/1.1 407 x\r\n" + endless}, "wants a login", "", 407, true},
		{h, []string{"HTTP/1.1 403 Filtered\r\n"}, `did not connect to 192.0.2.1:80: it answered "HTTP/1.1 403 Filtered"`, "rules", 403, false},
		{h, []string{"HTTP/1.1 302\r\n"}, `it answered "HTTP/1.1 302"`, "", 302, false},
		{h, []string{"HTTP/1.1 101 Switching\r\n\r\n"}, `it answered "HTTP/1.1 101 Switching"`, "", 101, false},
		{h, []string{"HTTP/1.1 504 \x1b[31m\xff\"\x00\n"}, `"HTTP/1.1 504 \x1b[31m\xff\"\x00"`, "could not reach", 504, false},
		{h, []string{"HTTP/1.1 500 " + strings.Repeat("x", 1000) + "\r\n"}, strings.Repeat("x", 187) + `..."`, "", 500, false},
		{h, []string{"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 502 x\r\n\r\n"}, "502", "", 502, false},
		{h, []string{"\x05\xff\n"}, `does not speak HTTP: it answered "\x05\xff"`, "looks like a SOCKS proxy", 0, false},
		{h, []string{"SSH-2.0-OpenSSH_9.2\r\n"}, `does not speak HTTP: it answered "SSH-2.0-OpenSSH_9.2"`, "", 0, false},
		{h, []string{"\r\n"}, `does not speak HTTP: it answered ""`, "", 0, false},
		{h, []string{"HTTP/2 200\r\n\r\n"}, "does not speak HTTP", "", 0, false},
		{h, []string{"HTTP/1.1 20\r\n\r\n"}, "does not speak HTTP", "", 0, false},
		{h, []string{"HTTP/1.1 2000\r\n\r\n"}, "does not speak HTTP", "", 0, false},
		{h, []string{"HTTP/1.1 099\r\n\r\n"}, "does not speak HTTP", "", 0, false},
		{h, []string{"HTTP/1.1  200 OK\r\n\r\n"}, "does not speak HTTP", "", 0, false},
		{h, []string{"HTTP/1.1 200 OK\r\n" + endless}, "does not end its answer", "", 0, false},
		{h, []string{"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 20000)}, "does not end its answer", "", 0, false},
		{h, []string{strings.Repeat("\x00", 20000)}, "does not end its answer", "", 0, false},
		{h, []string{strings.Repeat("HTTP/1.1 100 x\r\n\r\n", 2000)}, "does not end its answer", "", 0, false},
	} {
		tt.p.Address = Address{"127.0.0.1", "1080"}
		t.Run(tt.p.Type+" "+tt.why[:min(len(tt.why), 30)], func(t *testing.T) {
			e := refusal(t, tt.p, Address{"192.0.2.1", "80"}, tt.answers)
			if !strings.Contains(e.Why, tt.why) || !strings.Contains(e.Hint, tt.hint) || tt.hint == "" && e.Hint != "" && !e.Login && e.Code < 400 {
				t.Errorf("%s (%s), want %s (%s)", e.Why, e.Hint, tt.why, tt.hint)
			}
			if e.Code != tt.code || e.Login != tt.login || (e.Code != 0) && e.Reply == "" {
				t.Errorf("code %d, login %v, reply %q, want %d, %v", e.Code, e.Login, e.Reply, tt.code, tt.login)
			}
			checkText(t, e)
		})
	}
}

// refusal has p asked for target by a client that gets answers, and returns
// what the client makes of them.
func refusal(t *testing.T, p Proxy, target Address, answers []string) *ProxyError {
	t.Helper()
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		for _, answer := range answers {
			if _, err := server.Read(make([]byte, 1<<10)); err != nil {
				return
			}
			io.WriteString(server, answer)
		}
	}()
	err := p.handshake(t.Context(), client, target)
	client.Close()
	<-done
	var e *ProxyError
	if !errors.As(err, &e) {
		t.Fatalf("%v is not a ProxyError", err)
	}
	if e.Type != p.Type || e.Address != p.Address || e.Target != target {
		t.Errorf("%+v does not say which proxy", e)
	}
	return e
}

// checkText looks for what must not reach a terminal.
func checkText(t *testing.T, e *ProxyError) {
	t.Helper()
	for _, text := range []string{e.Error(), e.Reply, e.Hint} {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) || len(text) > 1200 {
			t.Errorf("unsafe text %q", text)
		}
		if strings.Contains(text, "hunter2") {
			t.Errorf("%q holds the password", text)
		}
	}
}

// TestHandshakeService asks for a port by name.
func TestHandshakeService(t *testing.T) {
	if h, err := parseHop(Address{"h", "https"}); err != nil || h.port != 443 {
		t.Error(h, err)
	}
}

// TestHandshakeImpossible is what a proxy can't be asked for: nothing is sent.
func TestHandshakeImpossible(t *testing.T) {
	checkProxyLeaks(t)
	long := strings.Repeat("x", 256)
	for _, tt := range []struct {
		p      Proxy
		target Address
		want   string
	}{
		{Proxy{Type: "socks4"}, Address{"::1", "80"}, "can't carry IPv6"},
		{Proxy{Type: "socks4a"}, Address{"::1", "80"}, "can't carry IPv6"},
		{Proxy{Type: "socks4"}, Address{"name", "80"}, "can't carry a name"},
		{Proxy{Type: "socks4", Password: "x"}, Address{"192.0.2.1", "80"}, "can't be given a password"},
		{Proxy{Type: "socks4", User: "a\x00b"}, Address{"192.0.2.1", "80"}, "control characters"},
		{Proxy{Type: "socks5", User: long}, Address{"h", "80"}, "more than 255 bytes"},
		{Proxy{Type: "socks5", Password: long}, Address{"h", "80"}, "more than 255 bytes"},
		{Proxy{Type: "http", User: "a:b"}, Address{"h", "80"}, "no colon"},
		{Proxy{Type: "http", Password: "a\nb"}, Address{"h", "80"}, "control characters"},
		{Proxy{Type: "http"}, Address{"fe80::1%eth0", "80"}, "zone"},
		{Proxy{Type: "http"}, Address{"", "80"}, "has no host"},
		{Proxy{Type: "http"}, Address{"h", "0"}, "port number invalid"},
		{Proxy{Type: "http"}, Address{"h", ""}, "port number invalid"},
		{Proxy{Type: "http"}, Address{"h\r\nX: y", "80"}, "character"},
		{Proxy{Type: "socks5"}, Address{long, "80"}, "longer than 255"},
		{Proxy{Type: "socks4a"}, Address{"a\x00b", "80"}, "character"},
		{Proxy{Type: "gopher"}, Address{"h", "80"}, "no type"},
	} {
		sent := make(chan int64, 1)
		client, server := net.Pipe()
		go func() {
			n, _ := io.Copy(io.Discard, server)
			sent <- n
		}()
		err := tt.p.handshake(t.Context(), client, tt.target)
		client.Close()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.p, err, tt.want)
		}
		if n := <-sent; n != 0 {
			t.Errorf("%+v: %d bytes were sent", tt.p, n)
		}
	}
}

// TestHandshakeDeadline has a proxy hang after each byte of its answer: the
// context ends it, by its deadline and by being canceled.
func TestHandshakeDeadline(t *testing.T) {
	for _, k := range talks {
		for n := range k.answerLen() {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				e, took := hang(t, ctx, k, n)
				if e.Err != context.DeadlineExceeded || e.Why != "did not answer in time" || took != time.Second {
					t.Fatalf("%s after %d bytes: %v after %v", k.name, n, e, took)
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(errors.New("no more time")) })
		if e, took := hang(t, ctx, talks[0], 3); e.Why != "failed: no more time" || took != time.Minute {
			t.Fatalf("%v after %v", e, took)
		}
	})
}

// hang plays k until n bytes were sent, and returns what became of the
// handshake, and when.
func hang(t *testing.T, ctx context.Context, k talk, n int) (*ProxyError, time.Duration) {
	client, server := net.Pipe()
	go k.play(server, 1<<20, n, "")
	start := time.Now()
	err := k.p.handshake(ctx, client, k.target)
	took := time.Since(start)
	client.Close()
	server.Close()
	var e *ProxyError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	return e, took
}

// TestHandshakeLeavesNoDeadline waits until long after the context's.
func TestHandshakeLeavesNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		client, server := net.Pipe()
		k := talks[0]
		go k.play(server, 1<<20, 1<<20, "")
		if err := k.p.handshake(ctx, client, k.target); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		go io.WriteString(server, "x")
		if _, err := client.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		client.Close()
		server.Close()
	})
}

// TestWithinLate has the context end when the work is done but not yet taken
// for done: it ended too late, and no deadline is left.
func TestWithinLate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client, server := net.Pipe()
	err := within(ctx, client, func() error { cancel(); return nil })
	if err != context.Canceled {
		t.Error(err)
	}
	said := errors.New("said")
	if err := within(ctx, client, func() error { return said }); err != said {
		t.Error(err, "hides what was said")
	}
	server.Close()
	if _, err := client.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err, "is left")
	}
	client.Close()
}

// checkProxyLeaks fails the test if it leaves goroutines behind.
func checkProxyLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); runtime.Gosched() {
			if runtime.NumGoroutine() <= before {
				return
			}
		}
		buf := make([]byte, 1<<16)
		t.Errorf("goroutines are left:\n%s", buf[:runtime.Stack(buf, true)])
	})
}
