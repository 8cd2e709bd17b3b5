package proxy

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gonc/conn/access"
	"gonc/internal/testutil"
)

// A proxyServer serves a Server's clients on loopback, dialing and relaying in
// the simplest way.
type proxyServer struct {
	at    string
	mu    sync.Mutex
	errs  []error      // of Accept
	asked []string     // targets
	reach access.Reach // of datagrams
	idle  time.Duration
}

func serveProxy(t *testing.T, s *Server) *proxyServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxyServer{at: ln.Addr().String()}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.serve(ctx, s, c) })
		}
	})
	t.Cleanup(func() { ln.Close(); cancel(); wg.Wait() })
	return p
}

func (p *proxyServer) serve(ctx context.Context, s *Server, c net.Conn) {
	defer c.Close()
	r, err := s.Accept(ctx, c)
	p.mu.Lock()
	if err != nil {
		p.errs = append(p.errs, err)
	} else {
		p.asked = append(p.asked, r.Target.String())
	}
	p.mu.Unlock()
	if err != nil {
		return
	}
	if r.Kind == KindAssociate {
		r.Associate(ctx, &Datagrams{
			Listen: func(context.Context) (*net.UDPConn, error) { return net.ListenUDP("udp", nil) },
			Lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
				return net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
			},
			Check: func(host string, at netip.AddrPort) error { return p.reach.Check(r.Client(), host, at) },
		})
		return
	}
	d, err := new(net.Dialer).DialContext(ctx, "tcp", r.Target.String())
	if err != nil {
		r.Refuse(ctx, err)
		return
	}
	defer d.Close()
	if r.Kind == KindForward {
		r.Forward(ctx, d, p.idle)
		return
	}
	client, err := r.Connected(d.LocalAddr())
	if err != nil {
		return
	}
	defer context.AfterFunc(ctx, func() { d.Close(); client.Close() })()
	done := make(chan struct{})
	go func() { io.Copy(d, client); d.(*net.TCPConn).CloseWrite(); close(done) }()
	io.Copy(client, d)
	client.(halfCloser).CloseWrite()
	<-done
}

// results waits until n clients were taken or refused, and returns both.
func (p *proxyServer) results(t *testing.T, n int) (asked []string, errs []error) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		p.mu.Lock()
		asked, errs = p.asked, p.errs
		p.mu.Unlock()
		if len(asked)+len(errs) >= n || time.Now().After(end) {
			if len(asked)+len(errs) != n {
				t.Errorf("%d asked for something and %d were refused, of %d", len(asked), len(errs), n)
			}
			return asked, errs
		}
	}
}

type halfCloser interface{ CloseWrite() error }

// echoServer answers with what it gets.
func echoServer(t *testing.T) string {
	return testutil.ServeTCP(t, "127.0.0.1", func(c *net.TCPConn) { io.Copy(c, c) }).String()
}

// closedPort returns an address where nothing listens.
func closedPort(t *testing.T) string { return net.JoinHostPort("127.0.0.1", testutil.FreePort(t)) }

// say sends s in pieces of n bytes, half-closes, and returns what comes back.
func say(t *testing.T, at, s string, n int) string {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	go func() {
		for s != "" {
			k := min(n, len(s))
			if _, err := io.WriteString(c, s[:k]); err != nil {
				return
			}
			s = s[k:]
		}
		c.(*net.TCPConn).CloseWrite()
	}()
	b, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("reading the answer to %q: %v", s, err)
	}
	return string(b)
}

// socks4, socks5 and connect are requests for a target.
func socks4To(at netip.AddrPort, user string) string {
	ip := at.Addr().As4()
	return string(append([]byte{4, 1, byte(at.Port() >> 8), byte(at.Port())}, ip[:]...)) + user + "\x00"
}

func socks4aTo(name string, port uint16) string {
	return string([]byte{4, 1, byte(port >> 8), byte(port), 0, 0, 0, 1}) + "\x00" + name + "\x00"
}

func socks5To(at netip.AddrPort) string {
	return "\x05\x01\x00" + string(appendSOCKS5Address([]byte{5, 1, 0}, at))
}

func socks5Name(name string, port uint16) string {
	return "\x05\x01\x00" + "\x05\x01\x00\x03" + string([]byte{byte(len(name))}) + name + string([]byte{byte(port >> 8), byte(port)})
}

// Every protocol gets through, whatever pieces its request comes in and though
// the first data comes with it.
func TestServerConnects(t *testing.T) {
	p := serveProxy(t, new(Server))
	echo := echoServer(t)
	at := netip.MustParseAddrPort(echo)
	const ok4, ok5 = "\x00\x5a\x00\x00\x00\x00\x00\x00", "\x05\x00\x05\x00\x00\x01"
	for _, tt := range []struct{ in, want string }{
		{socks4To(at, ""), ok4},
		{socks4To(at, "user"), ok4},
		{socks4aTo("localhost", at.Port()), ok4},
		{socks4aTo("127.0.0.1", at.Port()), ok4},
		{socks5To(at), ok5},
		{"\x05\x03\x01\x02\x00" + socks5To(at)[3:], ok5},
		{socks5Name("localhost", at.Port()), ok5},
		{socks5Name("127.1", at.Port()), ok5},
		{"CONNECT " + echo + " HTTP/1.1\r\nHost: " + echo + "\r\n\r\n", "HTTP/1.1 200 Connection established\r\n\r\n"},
		{"connect " + echo + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"\r\nCONNECT " + echo + " HTTP/1.0\n\n", "HTTP/1.1 200 Connection established\r\n\r\n"},
	} {
		for _, pieces := range []int{1, 1 << 20} {
			got := say(t, p.at, tt.in+"hello", pieces)
			if !strings.HasPrefix(got, tt.want) || !strings.Contains(tt.want, " 400 ") && !strings.HasSuffix(got, "hello") {
				t.Errorf("%q: %q", tt.in, got)
			}
		}
	}
}

// What can't be reached is said in the words of the protocol.
func TestServerRefuses(t *testing.T) {
	p := serveProxy(t, new(Server))
	none := closedPort(t)
	at := netip.MustParseAddrPort(none)
	for _, tt := range []struct{ in, want string }{
		{socks4To(at, ""), "\x00\x5b\x00\x00\x00\x00\x00\x00"},
		{socks5To(at), "\x05\x00\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"},
		{socks5Name("no-such-host.invalid", 80), "\x05\x00\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"},
		{"CONNECT " + none + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 502 Bad Gateway\r\n"},
		{"GET http://" + none + "/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 502 Bad Gateway\r\n"},
		{"HEAD http://" + none + "/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 502 Bad Gateway\r\n"},
	} {
		got := say(t, p.at, tt.in+strings.Repeat("x", 100_000), 1<<20)
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%q: %q", tt.in, got)
		}
		if head, body, _ := strings.Cut(got, "\r\n\r\n"); strings.HasPrefix(tt.in, "HEAD") && (body != "" || head == "") {
			t.Errorf("%q: %q", tt.in, got)
		}
	}
}

// A login is asked for where there is one, and nothing goes without it.
func TestServerLogin(t *testing.T) {
	p := serveProxy(t, &Server{User: "me", Password: "se:cret"})
	echo := echoServer(t)
	at := netip.MustParseAddrPort(echo)
	basic := func(login string) string {
		return "CONNECT " + echo + " HTTP/1.1\r\nHost: x\r\nProxy-Authorization: basic  " + base64.StdEncoding.EncodeToString([]byte(login)) + "\r\n\r\n"
	}
	login5 := func(user, password string) string {
		return "\x05\x02\x00\x02\x01" + string([]byte{byte(len(user))}) + user + string([]byte{byte(len(password))}) + password + socks5To(at)[3:]
	}
	for _, tt := range []struct{ in, want string }{
		{basic("me:se:cret"), "HTTP/1.1 200 "},
		{basic("me:wrong"), "HTTP/1.1 407 "},
		{basic("me"), "HTTP/1.1 407 "},
		{basic("you:se:cret"), "HTTP/1.1 407 "},
		{"CONNECT " + echo + " HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic !!!\r\n\r\n", "HTTP/1.1 407 "},
		{"CONNECT " + echo + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 407 "},
		{"GET http://" + echo + "/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 407 "},
		{login5("me", "se:cret"), "\x05\x02\x01\x00\x05\x00"},
		{login5("me", "se:cre"), "\x05\x02\x01\x01"},
		{login5("", ""), "\x05\x02\x01\x01"},
		{"\x05\x01\x02\x05", "\x05\x02"},
		{socks5To(at), "\x05\xff"},
		{socks4To(at, "me"), "\x00\x5b"},
	} {
		if got := say(t, p.at, tt.in, 1<<20); !strings.HasPrefix(got, tt.want) || strings.HasPrefix(tt.want, "HTTP/1.1 407") && !strings.Contains(got, "\r\nProxy-Authenticate: Basic realm=") {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
	asked, errs := p.results(t, 13)
	if len(asked) != 2 {
		t.Errorf("%q", asked)
	}
	for _, err := range errs {
		if e, ok := errors.AsType[*ClientError](err); !ok || !e.Login && e.Err == nil {
			t.Errorf("%v", err)
		}
	}
}

// A server of one type takes no other.
func TestServerType(t *testing.T) {
	echo := echoServer(t)
	at := netip.MustParseAddrPort(echo)
	requests := []struct{ kind, in, ok, no string }{
		{"http", "CONNECT " + echo + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200", "HTTP/1.1 501"},
		{"socks4", socks4To(at, ""), "\x00\x5a", "\x00\x5b"},
		{"socks4", socks4aTo("localhost", at.Port()), "\x00\x5a", "\x00\x5b"},
		{"socks5", socks5To(at), "\x05\x00\x05\x00", "\x05\xff"},
	}
	for _, kind := range []string{"http", "socks4", "socks5"} {
		p := serveProxy(t, &Server{Type: kind})
		for _, r := range requests {
			want := r.no
			if r.kind == kind {
				want = r.ok
			}
			if got := say(t, p.at, r.in, 1<<20); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %q: %q", kind, r.in, got)
			}
		}
	}
}

// What the server and the client of this package say to each other.
func TestServerAndClient(t *testing.T) {
	echo := echoServer(t)
	for _, login := range []string{"", "user"} {
		p := serveProxy(t, &Server{User: login, Password: login})
		for _, kind := range []string{"socks4", "socks4a", "socks5", "http"} {
			client, err := Parse(kind+"://"+p.at, "")
			if err != nil {
				t.Fatal(err)
			}
			target, err := client.splitAddress(echo)
			if err != nil {
				t.Fatal(err)
			}
			if client.User = login; kind == "socks5" || kind == "http" {
				client.Password = login
			}
			c, err := net.Dial("tcp", p.at)
			if err != nil {
				t.Fatal(err)
			}
			err = client.Connect(t.Context(), c, target)
			if (err != nil) != (login != "" && strings.HasPrefix(kind, "socks4")) {
				t.Errorf("%s: %v", kind, err)
			}
			if err == nil {
				go io.WriteString(c, "hello")
				b := make([]byte, 5)
				if _, err := io.ReadFull(c, b); err != nil || string(b) != "hello" {
					t.Errorf("%s: %q, %v", kind, b, err)
				}
			}
			c.Close()
		}
	}
}

func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		err   error
		socks byte
		http  int
	}{
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, 5, 502},
		{&net.OpError{Op: "dial", Err: syscall.ENETUNREACH}, 3, 502},
		{&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, 4, 502},
		{&net.DNSError{IsNotFound: true}, 4, 502},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), 4, 504},
		{&net.OpError{Op: "dial", Err: syscall.ETIMEDOUT}, 4, 504},
		{&access.TargetError{Host: "x"}, 2, 403},
		{&Error{Type: "socks5", Code: 5, Reply: "x"}, 5, 502},
		{errors.New("x"), 1, 502},
	} {
		if f := failureOf(tt.err); f.socks5() != tt.socks || f.http() != tt.http {
			t.Errorf("%v: %d, %d", tt.err, f.socks5(), f.http())
		}
	}
}
