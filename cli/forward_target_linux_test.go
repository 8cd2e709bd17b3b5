package cli

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// refusedThere connects and wants a reset.
func refusedThere(t *testing.T, at string) {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err == nil {
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		_, err = io.ReadAll(c)
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%s: %v, want a reset", at, err)
	}
}

// The connection to the target comes from the address that is asked for.
func TestForwardSource(t *testing.T) {
	ln := listenTCP(t)
	_, port := listening(t, nil, "-k", "--to", ln.Addr().String(), "-s", "127.0.0.9")
	dial(t, "tcp", port)
	far, err := ln.Accept()
	check(t, err)
	defer far.Close()
	if from := far.RemoteAddr().String(); !strings.HasPrefix(from, "127.0.0.9:") {
		t.Errorf("it comes from %s", from)
	}
}

// A target that is the listener itself is refused, however it is called.
func TestForwardLoop(t *testing.T) {
	for _, listen := range []string{"127.0.0.1", "0.0.0.0"} {
		for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0"} {
			port := testutil.FreePort(t)
			p := begin(t, gonc(nil, "-v", "-l", "-k", "-4", listen, port, "--to", host+":"+port))
			await(t, p, `^Listening on`)
			refusedThere(t, loopback4(port))
			await(t, p, `port `+port+` is this listener itself$`)
		}
	}
}

// A target whose certificate is not trusted gets nothing of what the client
// sends, and the client is reset.
func TestForwardUntrusted(t *testing.T) {
	_, back := listening(t, nil, "-k", "--ssl", "--reply", "secret")
	for _, to := range []string{"", ",name=other.example", ",pin=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="} {
		p, port := listening(t, nil, "-k", "--to", "tls:"+loopback4(back)+to)
		refusedThere(t, loopback4(port))
		await(t, p, `^gonc: connection from \S+ \d+: TLS handshake with 127\.0\.0\.1 port `+back+` failed: `)
	}
	_, port := listening(t, nil, "-k", "--to", "tls:"+loopback4(back)+",noverify")
	c := connection(t, dial(t, "tcp", port))
	io.WriteString(c, "x")
	if b, err := io.ReadAll(c); string(b) != "secret" {
		t.Errorf("%q, %v", b, err)
	}
}
