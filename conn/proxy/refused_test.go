package proxy

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"gonc/conn/addr"
)

// A refusedCase is a way for a proxy to say no, or nonsense.
type refusedCase struct {
	p       Proxy
	answers []string // one after each write of the client
	why     string
	hint    Hint
	code    int
	login   bool
}

func checkRefusals(t *testing.T, cases []refusedCase) {
	checkProxyLeaks(t)
	for _, tt := range cases {
		tt.p.Address = addr.Addr{Host: "127.0.0.1", Port: "1080"}
		t.Run(tt.p.Type+" "+tt.why[:min(len(tt.why), 30)], func(t *testing.T) {
			e := refusal(t, tt.p, addr.Addr{Host: "192.0.2.1", Port: "80"}, tt.answers)
			if !strings.Contains(e.Why, tt.why) || e.Hint != tt.hint {
				t.Errorf("%s (%d), want %s (%d)", e.Why, e.Hint, tt.why, tt.hint)
			}
			if e.Code != tt.code || e.Login != tt.login || (e.Code != 0) && e.Reply == "" {
				t.Errorf("code %d, login %v, reply %q, want %d, %v", e.Code, e.Login, e.Reply, tt.code, tt.login)
			}
			checkText(t, e)
		})
	}
}

func TestHandshakeRefusedSOCKS4(t *testing.T) {
	s4, s4a := Proxy{Type: "socks4"}, Proxy{Type: "socks4a"}
	checkRefusals(t, []refusedCase{
		{s4, []string{"\x00\x5b......"}, "did not connect to 192.0.2.1:80: request rejected or failed", NoHint, 91, false},
		{s4a, []string{"\x00\x5c......"}, ": SOCKS server cannot connect to identd on the client", NoHint, 92, false},
		{s4, []string{"\x00\x5d"}, ": client program and identd report different user-ids", NoHint, 93, false},
		{s4, []string{"\x00\x00......"}, "did not connect to 192.0.2.1:80: unknown reply 0", NoHint, 0, false},
		{s4, []string{"\x04\x5a......"}, `does not speak SOCKS4: it answered "\x04Z"`, NoHint, 0, false},
		{s4, []string{"\x05\xff"}, `does not speak SOCKS4`, HintTypeSOCKS5, 0, false},
		{s4, []string{"HTTP/1.1 400 Bad Request\r\n\r\n"}, `does not speak SOCKS4: it answered "HT"`, HintTypeHTTP, 0, false},
	})
}

func TestHandshakeRefusedSOCKS5(t *testing.T) {
	s5, s5login := Proxy{Type: "socks5"}, Proxy{Type: "socks5", User: "me", Password: "hunter2"}
	checkRefusals(t, []refusedCase{
		{s5, []string{"\x05\xff"}, "wants a login", HintLogin, 0, true},
		{s5, []string{"\x05\x02"}, "wants a login", HintLogin, 0, true},
		{s5, []string{"\x05\x01"}, "wants a login", HintLogin, 0, true},
		{s5login, []string{"\x05\xff"}, "takes no login of user and password", NoHint, 0, true},
		{s5login, []string{"\x05\x02", "\x01\x01"}, `refused the login of user "me"`, HintCheckLogin, 0, true},
		{s5login, []string{"\x05\x02", "\x05\x00"}, `does not speak SOCKS5: it answered "\x05\x00"`, NoHint, 0, false},
		{s5, []string{"\x00\x5b"}, "does not speak SOCKS5", HintTypeSOCKS4, 0, false},
		{s5, []string{"HTTP/1.0 400\r\n\r\n"}, `does not speak SOCKS5: it answered "HT"`, HintTypeHTTP, 0, false},
		{s5, []string{"\x1b["}, `does not speak SOCKS5: it answered "\x1b["`, NoHint, 0, false},
		{s5, []string{"\x05\x00", "\x04\x00"}, `does not speak SOCKS5`, NoHint, 0, false},
		{s5, []string{"\x05\x00", "\x05\x01"}, ": general SOCKS server failure", NoHint, 1, false},
		{s5, []string{"\x05\x00", "\x05\x02"}, ": connection not allowed by ruleset", NoHint, 2, false},
		{s5, []string{"\x05\x00", "\x05\x03"}, ": network unreachable", NoHint, 3, false},
		{s5, []string{"\x05\x00", "\x05\x04"}, ": host unreachable", NoHint, 4, false},
		{s5, []string{"\x05\x00", "\x05\x05" + okSOCKS5[2:]}, "did not connect to 192.0.2.1:80: connection refused", NoHint, 5, false},
		{s5, []string{"\x05\x00", "\x05\x06"}, ": TTL expired", NoHint, 6, false},
		{s5, []string{"\x05\x00", "\x05\x07"}, ": command not supported", NoHint, 7, false},
		{s5, []string{"\x05\x00", "\x05\x08"}, ": address type not supported", NoHint, 8, false},
		{s5, []string{"\x05\x00", "\x05\xf0"}, ": unknown reply 240", NoHint, 240, false},
		{s5, []string{"\x05\x00", "\x05\x00\x00\x02"}, "an address of type 2", NoHint, 0, false},
	})
}

func TestHandshakeRefusedHTTP(t *testing.T) {
	h, hlogin := Proxy{Type: "http"}, Proxy{Type: "http", User: "me", Password: "hunter2"}
	endless := strings.Repeat("A: b\r\n", 1<<12)
	checkRefusals(t, []refusedCase{
		{h, []string{"HTTP/1.0 407 Proxy Authentication Required\r\n\r\n"}, "wants a login", HintLogin, 407, true},
		{h, []string{"HTTP/1.1 407 x\r\nProxy-Authenticate: Digest r=\"Basic\"\r\nproxy-authenticate:\tBASIC r=x\r\n\r\n"},
			"wants a login", HintLogin, 407, true},
		{h, []string{"HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n"}, "wants a login", HintLogin, 401, true},
		{hlogin, []string{"HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: \x1b]0; x\r\n\r\n"},
			`wants a login by "NTLM, \x1b]0;"`, HintOnlyBasic, 407, true},
		{hlogin, []string{"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\n\r\n"}, `refused the login of user "me"`, HintCheckLogin, 407, true},
		{h, []string{"HTTP/1.1 407 x\r\n" + endless}, "wants a login", HintLogin, 407, true},
		{h, []string{"HTTP/1.1 403 Filtered\r\n"}, `did not connect to 192.0.2.1:80: it answered "HTTP/1.1 403 Filtered"`, HintForbidden, 403, false},
		{h, []string{"HTTP/1.1 302\r\n"}, `it answered "HTTP/1.1 302"`, NoHint, 302, false},
		{h, []string{"HTTP/1.1 101 Switching\r\n\r\n"}, `it answered "HTTP/1.1 101 Switching"`, NoHint, 101, false},
		{h, []string{"HTTP/1.1 504 \x1b[31m\xff\"\x00\n"}, `"HTTP/1.1 504 \x1b[31m\xff\"\x00"`, HintTarget, 504, false},
		{h, []string{"HTTP/1.1 500 " + strings.Repeat("x", 1000) + "\r\n"}, strings.Repeat("x", 187) + `..."`, NoHint, 500, false},
		{h, []string{"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 502 x\r\n\r\n"}, "502", HintTarget, 502, false},
		{h, []string{"\x05\xff\n"}, `does not speak HTTP: it answered "\x05\xff"`, HintTypeSOCKS5, 0, false},
		{h, []string{"SSH-2.0-OpenSSH_9.2\r\n"}, `does not speak HTTP: it answered "SSH-2.0-OpenSSH_9.2"`, NoHint, 0, false},
		{h, []string{"\r\n"}, `does not speak HTTP: it answered ""`, NoHint, 0, false},
		{h, []string{"HTTP/2 200\r\n\r\n"}, "does not speak HTTP", NoHint, 0, false},
		{h, []string{"HTTP/1.1 20\r\n\r\n"}, "does not speak HTTP", NoHint, 0, false},
		{h, []string{"HTTP/1.1 2000\r\n\r\n"}, "does not speak HTTP", NoHint, 0, false},
		{h, []string{"HTTP/1.1 099\r\n\r\n"}, "does not speak HTTP", NoHint, 0, false},
		{h, []string{"HTTP/1.1  200 OK\r\n\r\n"}, "does not speak HTTP", NoHint, 0, false},
		{h, []string{"HTTP/1.1 200 OK\r\n" + endless}, "does not end its answer", NoHint, 0, false},
		{h, []string{"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 20000)}, "does not end its answer", NoHint, 0, false},
		{h, []string{strings.Repeat("\x00", 20000)}, "does not end its answer", NoHint, 0, false},
		{h, []string{strings.Repeat("HTTP/1.1 100 x\r\n\r\n", 2000)}, "does not end its answer", NoHint, 0, false},
	})
}

// refusal has p asked for target by a client that gets answers, and returns
// what the client makes of them.
func refusal(t *testing.T, p Proxy, target addr.Addr, answers []string) *Error {
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
	err := p.Connect(t.Context(), client, target)
	client.Close()
	<-done
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not a ProxyError", err)
	}
	if e.Type != p.Type || e.Address != p.Address || e.Target != target {
		t.Errorf("%+v does not say which proxy", e)
	}
	return e
}

// checkText looks for what must not reach a terminal.
func checkText(t *testing.T, e *Error) {
	t.Helper()
	for _, text := range []string{e.Error(), e.Reply} {
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
	if h, err := parseHop(addr.Addr{Host: "h", Port: "https"}); err != nil || h.port != 443 {
		t.Error(h, err)
	}
}

// What a proxy can't be given is known before it is connected to. A name that
// is not for the proxy is left to the resolver.
func TestCheckChain(t *testing.T) {
	const strange, zone = "has a character that no host name has", "has a zone"
	for _, tt := range []struct {
		types, dns, target, want string
	}{
		{"socks5", "", "b\u00fccher.example", strange + ": \"\u00fc\""},
		{"socks5", "both", "bad host", strange},
		{"http", "remote", "a\r\nb", strange},
		{"http", "", strings.Repeat("h", 256), "longer than 255"},
		{"socks5", "local", "b\u00fccher.example", ""},
		{"socks5", "none", "b\u00fccher.example", ""},
		{"socks4", "", "b\u00fccher.example", ""},
		{"socks5", "local", "fe80::1%lo", zone},
		{"http", "", "fe80::1", ""},
		{"socks4a socks5", "", "target.example", ""},
		{"socks4a socks5", "", "fe80::1%lo", zone},
	} {
		var chain []Proxy
		for _, kind := range strings.Fields(tt.types) {
			chain = append(chain, Proxy{Type: kind, DNS: tt.dns, Address: addr.Addr{Host: "192.0.2.1", Port: "1080"}})
		}
		err := Check(chain, addr.Addr{Host: tt.target, Port: "80"})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s %s to %s: %v, want %q", tt.types, tt.dns, tt.target, err, tt.want)
		}
	}
	chain := []Proxy{{Type: "http"}, {Type: "http", Address: addr.Addr{Host: "fe80::1%lo", Port: "1"}}}
	if err := Check(chain, addr.Addr{Host: "h", Port: "1"}); err == nil || !strings.Contains(err.Error(), zone) {
		t.Errorf("the second proxy: %v", err)
	}
	var bad *addr.Error
	if err := Check(chain[:1], addr.Addr{Host: "b\u00fccher", Port: "1"}); !errors.As(err, &bad) || !strings.Contains(bad.Hint, "xn--") {
		t.Errorf("the hint: %v", err)
	}
}

// TestHandshakeImpossible: nothing is sent to a proxy that can't do what is asked.
func TestHandshakeImpossible(t *testing.T) {
	checkProxyLeaks(t)
	long := strings.Repeat("x", 256)
	for _, tt := range []struct {
		p      Proxy
		target addr.Addr
		want   string
	}{
		{Proxy{Type: "socks4"}, addr.Addr{Host: "::1", Port: "80"}, "can't carry IPv6"},
		{Proxy{Type: "socks4a"}, addr.Addr{Host: "::1", Port: "80"}, "can't carry IPv6"},
		{Proxy{Type: "socks4"}, addr.Addr{Host: "name", Port: "80"}, "can't carry a name"},
		{Proxy{Type: "socks4", Password: "x"}, addr.Addr{Host: "192.0.2.1", Port: "80"}, "can't be given a password"},
		{Proxy{Type: "socks4", User: "a\x00b"}, addr.Addr{Host: "192.0.2.1", Port: "80"}, "control characters"},
		{Proxy{Type: "socks5", User: long}, addr.Addr{Host: "h", Port: "80"}, "more than 255 bytes"},
		{Proxy{Type: "socks5", Password: long}, addr.Addr{Host: "h", Port: "80"}, "more than 255 bytes"},
		{Proxy{Type: "http", User: "a:b"}, addr.Addr{Host: "h", Port: "80"}, "no colon"},
		{Proxy{Type: "http", Password: "a\nb"}, addr.Addr{Host: "h", Port: "80"}, "control characters"},
		{Proxy{Type: "http"}, addr.Addr{Host: "fe80::1%eth0", Port: "80"}, "zone"},
		{Proxy{Type: "http"}, addr.Addr{Host: "", Port: "80"}, "has no host"},
		{Proxy{Type: "http"}, addr.Addr{Host: "h", Port: "0"}, "port number invalid"},
		{Proxy{Type: "http"}, addr.Addr{Host: "h", Port: ""}, "port number invalid"},
		{Proxy{Type: "http"}, addr.Addr{Host: "h\r\nX: y", Port: "80"}, "character"},
		{Proxy{Type: "socks5"}, addr.Addr{Host: long, Port: "80"}, "longer than 255"},
		{Proxy{Type: "socks4a"}, addr.Addr{Host: "a\x00b", Port: "80"}, "character"},
		{Proxy{Type: "gopher"}, addr.Addr{Host: "h", Port: "80"}, "unknown type"},
	} {
		sent := make(chan int64, 1)
		client, server := net.Pipe()
		go func() {
			n, _ := io.Copy(io.Discard, server)
			sent <- n
		}()
		err := tt.p.Connect(t.Context(), client, tt.target)
		client.Close()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.p, err, tt.want)
		}
		if n := <-sent; n != 0 {
			t.Errorf("%+v: %d bytes were sent", tt.p, n)
		}
	}
}
