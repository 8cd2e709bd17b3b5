package tlsconn

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// tool skips the test where name is not installed.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed")
	}
	return path
}

// A program is one that runs for a test.
type program struct {
	*exec.Cmd
	stdin  io.WriteCloser
	output *output // of stdout and stderr
	done   chan error
}

// An output keeps what a program prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start runs a program, which ends with the test at the latest.
func start(t *testing.T, name string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	p := &program{Cmd: exec.CommandContext(ctx, tool(t, name), args...), output: new(output), done: make(chan error, 1)}
	p.Stdout, p.Stderr = p.output, p.output
	p.Env = append(os.Environ(), "OPENSSL_CONF=/dev/null")
	var err error
	if p.stdin, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.Wait() }()
	t.Cleanup(func() { cancel(); p.wait() })
	return p
}

// wait waits for the program to end and returns what it printed.
func (p *program) wait() string {
	err := <-p.done
	p.done <- err
	return p.output.String()
}

// dial connects to a port of this host as soon as something listens there.
func dial(t *testing.T, port string) net.Conn {
	t.Helper()
	for until := time.Now().Add(limit); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.SetDeadline(until)
			t.Cleanup(func() { c.Close() })
			return c
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
}

// listener listens and returns what accepts one connection.
func listener(t *testing.T) (port string, accept func() net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	ln.(*net.TCPListener).SetDeadline(time.Now().Add(limit))
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	return port, func() net.Conn {
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(limit))
		t.Cleanup(func() { c.Close() })
		return c
	}
}

// forOpenSSL calls f with certificates of all kinds for both versions.
func forOpenSSL(t *testing.T, f func(t *testing.T, version string, root, leaf *testutil.Cert)) {
	root := testutil.Issue(t, nil, "ecdsa", testutil.Authority("root"))
	middle := testutil.Issue(t, root, "rsa", testutil.Authority("middle"))
	for _, kind := range []string{"ecdsa", "rsa", "ed25519"} {
		leaf := testutil.Issue(t, middle, kind, testutil.ForServer("localhost"))
		for _, version := range []string{"1.2", "1.3"} {
			t.Run(kind+" "+version, func(t *testing.T) { f(t, version, root, leaf) })
		}
	}
}

// sslVersion returns the option of openssl for a version.
func sslVersion(version string) string { return "-tls" + strings.Replace(version, ".", "_", 1) }

func TestOpenSSLServer(t *testing.T) {
	forOpenSSL(t, func(t *testing.T, version string, root, leaf *testutil.Cert) {
		port := testutil.FreePort(t)
		server := start(t, "openssl", "s_server", "-accept", "127.0.0.1:"+port, "-cert", leaf.CertFile, "-cert_chain", leaf.CertFile,
			"-key", leaf.KeyFile, sslVersion(version), "-alpn", "gonc", "-quiet", "-rev", "-naccept", "1")
		cl, err := (&Config{TrustFile: root.CertFile, ALPN: []string{"gonc"}}).Client()
		if err != nil {
			t.Fatal(err)
		}
		c, err := cl.Handshake(t.Context(), dial(t, port), "localhost")
		if err != nil {
			t.Fatalf("%v\n%s", err, server.wait())
		}
		if info := c.Info(); info.Version != "TLS "+version || info.Protocol != "gonc" || len(info.Chain) < 2 {
			t.Errorf("%+v", info)
		}
		io.WriteString(c, "hello\n")
		if line, err := bufio.NewReader(c).ReadString('\n'); line != "olleh\n" || err != nil {
			t.Errorf("%q, %v", line, err)
		}
		c.CloseWrite()
		c.Close()
	})
}

func TestOpenSSLClient(t *testing.T) {
	forOpenSSL(t, func(t *testing.T, version string, root, leaf *testutil.Cert) {
		sv, err := (&Config{CertFile: leaf.CertFile, KeyFile: leaf.KeyFile, ALPN: []string{"gonc"}}).Server()
		if err != nil {
			t.Fatal(err)
		}
		port, accept := listener(t)
		client := start(t, "openssl", "s_client", "-connect", "127.0.0.1:"+port, "-servername", "localhost", "-verify_hostname", "localhost",
			"-verify_return_error", "-CAfile", root.CertFile, sslVersion(version), "-alpn", "gonc", "-quiet")
		c, err := sv.Handshake(t.Context(), accept())
		if err != nil {
			t.Fatalf("%v\n%s", err, client.wait())
		}
		if info := c.Info(); info.Version != "TLS "+version || info.Protocol != "gonc" || info.Name != "localhost" {
			t.Errorf("%+v", info)
		}
		io.WriteString(client.stdin, "hello\n")
		if line, err := bufio.NewReader(c).ReadString('\n'); line != "hello\n" || err != nil {
			t.Errorf("%q, %v", line, err)
		}
		io.WriteString(c, "done\n")
		c.CloseWrite()
		io.Copy(io.Discard, c)
		c.Close()
		if out := client.wait(); !strings.Contains(out, "done\n") {
			t.Errorf("%s", out)
		}
	})
}

// TestOpenSSLKeyUpdate has a peer that changes its keys amid data, and asks
// for the same (RFC 8446 section 4.6.3).
func TestOpenSSLKeyUpdate(t *testing.T) {
	sv, err := (&Config{}).Server()
	if err != nil {
		t.Fatal(err)
	}
	port, accept := listener(t)
	client := start(t, "openssl", "s_client", "-connect", "127.0.0.1:"+port, "-tls1_3")
	c, err := sv.Handshake(t.Context(), accept())
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	for i := range 3 {
		text := fmt.Sprintf("line %d\n", i)
		io.WriteString(client.stdin, text)
		if line, err := r.ReadString('\n'); line != text || err != nil {
			t.Fatalf("%q, %v", line, err)
		}
		io.WriteString(c, "answer to "+text)
		io.WriteString(client.stdin, "K\n")
		for until := time.Now().Add(limit); strings.Count(client.output.String(), "KEYUPDATE") <= i; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(until) {
				t.Fatal(client.output.String())
			}
		}
	}
	io.WriteString(client.stdin, "last\n")
	if line, err := r.ReadString('\n'); line != "last\n" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	c.CloseWrite()
	io.Copy(io.Discard, r)
	c.Close()
	if out := client.wait(); !strings.Contains(out, "answer to line 2") || !strings.Contains(out, "KEYUPDATE") {
		t.Error(out)
	}
}

func TestOpenSSLWantsCertificate(t *testing.T) {
	root := testutil.Issue(t, nil, "ecdsa", testutil.Authority("root"))
	leaf := testutil.Issue(t, root, "ecdsa", testutil.ForServer("localhost"))
	own := testutil.Issue(t, root, "rsa", testutil.ForClient)
	for _, version := range []string{"1.2", "1.3"} {
		for _, with := range []bool{false, true} {
			port := testutil.FreePort(t)
			server := start(t, "openssl", "s_server", "-accept", "127.0.0.1:"+port, "-cert", leaf.CertFile, "-key", leaf.KeyFile,
				"-CAfile", root.CertFile, "-Verify", "3", "-verify_return_error", sslVersion(version), "-rev", "-naccept", "1")
			cfg := Config{TrustFile: root.CertFile}
			if with {
				cfg.CertFile, cfg.KeyFile = own.CertFile, own.KeyFile
			}
			cl, err := cfg.Client()
			if err != nil {
				t.Fatal(err)
			}
			c, err := cl.Handshake(t.Context(), dial(t, port), "localhost")
			if err == nil {
				io.WriteString(c, "x\n")
				_, err = c.Read(make([]byte, 1))
				c.Close()
			}
			if with != (err == nil) || !with && !as((*AlertError).WantsCertificate)(err) {
				t.Errorf("TLS %s, with a certificate %v: %v\n%s", version, with, err, server.wait())
			}
		}
	}
}

// TestOpenSSLRefuses has clients that do not trust the server: the server
// knows what the client said.
func TestOpenSSLRefuses(t *testing.T) {
	sv, err := (&Config{}).Server()
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1.2", "1.3"} {
		port, accept := listener(t)
		start(t, "openssl", "s_client", "-connect", "127.0.0.1:"+port, "-verify_return_error", sslVersion(version))
		_, err := sv.Handshake(t.Context(), accept())
		if !as(func(e *AlertError) bool { return e.Name() == "unknown_ca" })(err) {
			t.Errorf("TLS %s: %v", version, err)
		}
	}
}

// TestPython moves much through Python's ssl, in both roles. Its servers end
// without close_notify unless they call unwrap.
func TestPython(t *testing.T) {
	leaf := testutil.Issue(t, nil, "ecdsa", testutil.ForServer("localhost"))
	const size = 5_000_000
	want := sha256.Sum256(bytes.Repeat([]byte("gonc"), size/4))
	const server = `
import hashlib, socket, ssl, sys
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(sys.argv[1], sys.argv[2])
l = socket.create_server(("127.0.0.1", int(sys.argv[3])))
s = c.wrap_socket(l.accept()[0], server_side=True)
h = hashlib.sha256()
while True:
    d = s.recv(65536)
    if not d: break
    h.update(d)
s.sendall(h.hexdigest().encode())
if sys.argv[4] == "unwrap": s.unwrap()
s.close()`
	for _, end := range []string{"unwrap", "close"} {
		port := testutil.FreePort(t)
		start(t, "python3", "-c", server, leaf.CertFile, leaf.KeyFile, port, end)
		cl, err := (&Config{Pins: pinOf(leaf.Cert)}).Client()
		if err != nil {
			t.Fatal(err)
		}
		c, err := cl.Handshake(t.Context(), dial(t, port), "localhost")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(bytes.Repeat([]byte("gonc"), size/4)); err != nil {
			t.Fatal(err)
		}
		c.CloseWrite()
		got, err := io.ReadAll(c)
		if string(got) != fmt.Sprintf("%x", want) || errors.Is(err, io.ErrUnexpectedEOF) != (end == "close") {
			t.Errorf("%s: %q, %v", end, got, err)
		}
		c.Close()
	}
}

// TestSuitesOfOpenSSL compares names with those of openssl ciphers.
func TestSuitesOfOpenSSL(t *testing.T) {
	out, err := exec.Command(tool(t, "openssl"), "ciphers", "-stdname", "ALL:@SECLEVEL=0").Output()
	if err != nil {
		t.Skip(err)
	}
	found := 0
	for line := range strings.Lines(string(out)) { // TLS_… - NAME version …
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		iana, ierr := parseSuite(f[0])
		name, nerr := parseSuite(f[2])
		if ierr == nil && (nerr != nil || iana != name) {
			t.Errorf("%s is not %s", f[2], f[0])
		}
		if ierr == nil {
			found++
		}
	}
	if found < 10 {
		t.Errorf("%d suites in common", found)
	}
}
