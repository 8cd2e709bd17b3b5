package conn

import (
	"bufio"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gonc/conn/addr"
	"gonc/conn/proxy"
	"gonc/internal/testutil"
)

// digestProxy is a proxy that takes a login by Digest only, asks with a 407 that
// ends the connection, and echoes once it has connected.
func digestProxy(t *testing.T, algorithm string, sum func(string) string) *proxy.Proxy {
	t.Helper()
	at := testutil.ServeTCP(t, "127.0.0.1", func(c *net.TCPConn) { serveDigest(c, algorithm, sum) })
	host, port, _ := net.SplitHostPort(at.String())
	return &proxy.Proxy{Type: "http", Address: addr.Addr{Host: host, Port: port}}
}

func serveDigest(c net.Conn, algorithm string, sum func(string) string) {
	defer c.Close()
	r := bufio.NewReader(c)
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	login := req.Header.Get("Proxy-Authorization")
	field := func(name string) string {
		if m := regexp.MustCompile(`\b` + name + `="?([^",]*)`).FindStringSubmatch(login); m != nil {
			return m[1]
		}
		return ""
	}
	want := sum(strings.Join([]string{sum("me:the realm:secret"), "once", field("nc"), field("cnonce"), "auth", sum("CONNECT:" + req.RequestURI)}, ":"))
	if !strings.HasPrefix(login, "Digest ") || field("response") != want || field("uri") != req.RequestURI {
		io.WriteString(c, "HTTP/1.1 407 Log in\r\nProxy-Authenticate: Digest realm=\"the realm\", nonce=\"once\", qop=\"auth\""+algorithm+"\r\n\r\n")
		return
	}
	io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
	io.Copy(c, r)
}

func TestProxyDigest(t *testing.T) {
	for algorithm, sum := range map[string]func(string) string{
		"":                    func(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) },
		", algorithm=MD5":     func(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) },
		", algorithm=SHA-256": func(s string) string { b := sha256.Sum256([]byte(s)); return hex.EncodeToString(b[:]) },
	} {
		p := digestProxy(t, algorithm, sum)
		for _, password := range []string{"secret", "wrong"} {
			p.User, p.Password = "me", password
			d := Dialer{Network: "tcp", Proxies: []proxy.Proxy{*p}}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			c, err := d.Dial(ctx, addr.Addr{Host: "192.0.2.1", Port: "80"})
			cancel()
			if (err == nil) != (password == "secret") {
				t.Errorf("%q with password %s: %v", algorithm, password, err)
			}
			if err != nil {
				continue
			}
			io.WriteString(c, "x")
			if b := make([]byte, 1); true {
				if _, err := io.ReadFull(c, b); err != nil || b[0] != 'x' {
					t.Errorf("echo: %q %v", b, err)
				}
			}
			c.Close()
		}
	}
}
