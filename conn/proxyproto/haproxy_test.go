package proxyproto

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// haproxy runs the proxies of a configuration until the test ends.
func haproxy(t *testing.T, config string) {
	t.Helper()
	path, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("no haproxy")
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	config = "defaults\n timeout client 20s\n timeout server 20s\n timeout connect 20s\n" + config
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-db", "-f", file)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

func dial(t *testing.T, at string) net.Conn {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		c, err := net.Dial("tcp", at)
		if err == nil {
			t.Cleanup(func() { c.Close() })
			c.SetDeadline(time.Now().Add(20 * time.Second))
			return c
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// What haproxy sends is read, with the client's addresses, and what its client
// sent is left.
func TestReadHAProxy(t *testing.T) {
	for _, option := range []string{"send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at := net.JoinHostPort("127.0.0.1", testutil.FreePort(t))
		haproxy(t, fmt.Sprintf("listen p\n mode tcp\n bind %s\n server s %s %s\n", at, ln.Addr(), option))
		client := dial(t, at)
		io.WriteString(client, "hello")
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		h, err := Read(t.Context(), c)
		if want := client.LocalAddr().String() + " " + at; err != nil || spell(h) != want {
			t.Errorf("%s: %q, %v, want %q", option, spell(h), err, want)
		}
		var b [5]byte
		if _, err := io.ReadFull(c, b[:]); err != nil || string(b[:]) != "hello" {
			t.Errorf("%s: then %q, %v", option, b, err)
		}
		c.Close()
		ln.Close()
	}
}

// haproxy reads what is written.
func TestWriteHAProxy(t *testing.T) {
	at := net.JoinHostPort("127.0.0.1", testutil.FreePort(t))
	haproxy(t, fmt.Sprintf("frontend f\n mode http\n bind %s accept-proxy\n http-request return status 200 content-type text/plain "+
		"lf-string \"%%[src] %%[src_port] %%[dst] %%[dst_port]\"\n", at))
	for _, tt := range []struct{ source, destination, want string }{
		{"192.0.2.1:12345", "198.51.100.2:80", "192.0.2.1 12345 198.51.100.2 80"},
		{"[2001:db8::1]:1", "[2001:db8::2]:65535", "2001:db8::1 1 2001:db8::2 65535"},
	} {
		from, _ := net.ResolveTCPAddr("tcp", tt.source)
		to, _ := net.ResolveTCPAddr("tcp", tt.destination)
		h := Header{Source: from, Destination: to}
		for _, header := range [][]byte{h.AppendV1(nil), h.AppendV2(nil)} {
			if got := ask(t, at, header); got != tt.want {
				t.Errorf("%q: %q, want %q", header, got, tt.want)
			}
		}
	}
	for _, h := range []Header{{}, {Local: true}} {
		for _, header := range [][]byte{h.AppendV1(nil), h.AppendV2(nil)} {
			if got := ask(t, at, header); !strings.HasPrefix(got, "127.0.0.1 ") {
				t.Errorf("%q: %q", header, got)
			}
		}
	}
}

// ask returns the body of the answer to a request behind a header.
func ask(t *testing.T, at string, header []byte) string {
	c := dial(t, at)
	io.WriteString(c, string(header)+"GET / HTTP/1.0\r\n\r\n")
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Error(err)
	}
	_, body, _ := strings.Cut(string(answer), "\r\n\r\n")
	return body
}
