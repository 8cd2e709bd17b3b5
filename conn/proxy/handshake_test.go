package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonc/conn/addr"
)

// A talk is a handshake that succeeds: what the proxy reads and what it
// answers, in turn.
type talk struct {
	name   string
	p      Proxy
	target addr.Addr
	turns  []turn
}

type turn struct{ want, answer string }

const (
	okSOCKS4 = "\x00\x5a\x00\x50\x7f\x00\x00\x01"
	okSOCKS5 = "\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38"
)

var talks = []talk{
	{"socks4", Proxy{Type: "socks4"}, addr.Addr{Host: "192.0.2.1", Port: "80"},
		[]turn{{"\x04\x01\x00\x50\xc0\x00\x02\x01\x00", okSOCKS4}}},
	{"socks4 user", Proxy{Type: "socks4", User: "me"}, addr.Addr{Host: "::ffff:192.0.2.1", Port: "258"},
		[]turn{{"\x04\x01\x01\x02\xc0\x00\x02\x01me\x00", okSOCKS4}}},
	{"socks4a", Proxy{Type: "socks4a", User: "me"}, addr.Addr{Host: "example.com", Port: "80"},
		[]turn{{"\x04\x01\x00\x50\x00\x00\x00\x01me\x00example.com\x00", okSOCKS4}}},
	{"socks4a number", Proxy{Type: "socks4a"}, addr.Addr{Host: "192.0.2.1", Port: "80"},
		[]turn{{"\x04\x01\x00\x50\xc0\x00\x02\x01\x00", okSOCKS4}}},
	{"socks5", Proxy{Type: "socks5"}, addr.Addr{Host: "192.0.2.1", Port: "80"},
		[]turn{{"\x05\x01\x00", "\x05\x00"}, {"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50", okSOCKS5}}},
	{"socks5 IPv6", Proxy{Type: "socks5"}, addr.Addr{Host: "2001:db8::1", Port: "80"},
		[]turn{{"\x05\x01\x00", "\x05\x00"},
			{"\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50",
				"\x05\x00\x00\x04" + strings.Repeat("\x00", 16) + "\x04\x38"}}},
	{"socks5 name", Proxy{Type: "socks5"}, addr.Addr{Host: strings.Repeat("n", 255), Port: "80"},
		[]turn{{"\x05\x01\x00", "\x05\x00"},
			{"\x05\x01\x00\x03\xff" + strings.Repeat("n", 255) + "\x00\x50", "\x05\x00\x00\x03\x05proxy\x04\x38"}}},
	{"socks5 login", Proxy{Type: "socks5", User: "me", Password: "secret"}, addr.Addr{Host: "a", Port: "80"},
		[]turn{{"\x05\x02\x00\x02", "\x05\x02"}, {"\x01\x02me\x06secret", "\x01\x00"},
			{"\x05\x01\x00\x03\x01a\x00\x50", "\x05\x00\x00\x03\x00\x04\x38"}}},
	{"socks5 login not wanted", Proxy{Type: "socks5", User: "me", Password: "secret"}, addr.Addr{Host: "a", Port: "80"},
		[]turn{{"\x05\x02\x00\x02", "\x05\x00"}, {"\x05\x01\x00\x03\x01a\x00\x50", okSOCKS5}}},
	{"http", Proxy{Type: "http"}, addr.Addr{Host: "example.com", Port: "443"},
		[]turn{{"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
			"HTTP/1.1 200 Connection established\r\n\r\n"}}},
	{"http IPv6", Proxy{Type: "http"}, addr.Addr{Host: "2001:db8::1", Port: "443"},
		[]turn{{"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n",
			"HTTP/1.0 200 OK\r\nVia: x\r\n\r\n"}}},
	{"http login", Proxy{Type: "http", User: "Aladdin", Password: "open sesame"}, addr.Addr{Host: "a", Port: "1"},
		[]turn{{"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n",
			"HTTP/1.1 200\r\n\r\n"}}},
	{"http 1xx and a body that is none", Proxy{Type: "http"}, addr.Addr{Host: "a", Port: "1"},
		[]turn{{"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
			"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
				"HTTP/1.1 204 \r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"}}},
	{"http lone LF", Proxy{Type: "http"}, addr.Addr{Host: "a", Port: "1"},
		[]turn{{"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "HTTP/1.1 299 x\nA: b\n\n"}}},
}

// play plays the proxy: it sends at most most bytes of the answers, each in pieces
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
		whole := len(answer) <= most
		answer = answer[:min(len(answer), most)]
		most -= len(answer)
		for answer != "" {
			n := min(piece, len(answer))
			if _, err := io.WriteString(c, answer[:n]); err != nil {
				return err
			}
			answer = answer[n:]
		}
		if !whole {
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
		k.p.Address = addr.Addr{Host: "127.0.0.1", Port: "1080"}
		for _, piece := range []int{1 << 20, 1} {
			t.Run(fmt.Sprintf("%s/%d", k.name, piece), func(t *testing.T) {
				c := dialScript(t, func(c net.Conn) error { return k.play(c, piece, 1<<20, tail) })
				if err := k.p.Connect(t.Context(), c, k.target); err != nil {
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
				err := k.p.Connect(t.Context(), c, k.target)
				var e *Error
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
func hang(t *testing.T, ctx context.Context, k talk, n int) (*Error, time.Duration) {
	client, server := net.Pipe()
	go k.play(server, 1<<20, n, "")
	start := time.Now()
	err := k.p.Connect(ctx, client, k.target)
	took := time.Since(start)
	client.Close()
	server.Close()
	var e *Error
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
		if err := k.p.Connect(ctx, client, k.target); err != nil {
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
