package tlsconn

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// What crypto/tls finds wrong after the handshake is a *net.OpError with the
// peer's address, as other failures of a connection are.
func TestBreachAfterHandshake(t *testing.T) {
	leaf := testutil.Issue(t, nil, "ecdsa", testutil.ForServer("localhost"))
	sv, err := (&Config{CertFile: leaf.CertFile, KeyFile: leaf.KeyFile}).Server()
	if err != nil {
		t.Fatal(err)
	}
	own, peer := pair(t)
	go func() {
		c := tls.Client(peer, &tls.Config{InsecureSkipVerify: true})
		if c.Handshake() == nil {
			io.WriteString(peer, "\x17\x03\x03\x00\x20"+strings.Repeat("x", 32)) // a record that is not encrypted
		}
		io.Copy(io.Discard, peer)
	}()
	c, err := sv.Handshake(t.Context(), own)
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(limit))
	_, err = c.Read(make([]byte, 100))
	wantBreach(t, err, "read", own.RemoteAddr(), false)
}

func wantBreach(t *testing.T, err error, op string, peer net.Addr, renegotiation bool) {
	t.Helper()
	var failed *net.OpError
	var breach *ProtocolFailure
	if !errors.As(err, &failed) || failed.Op != op || failed.Addr.String() != peer.String() ||
		!errors.As(err, &breach) || breach.Renegotiation != renegotiation || strings.HasPrefix(breach.Why, "tls: ") {
		t.Errorf("%v (%#v)", err, err)
	}
}

// A server of TLS 1.2 may ask for another handshake (RFC 5246 section 7.4.1.1).
func TestRenegotiation(t *testing.T) {
	leaf := testutil.Issue(t, nil, "ecdsa", testutil.ForServer("localhost"))
	port := testutil.FreePort(t)
	server := exec.Command(tool(t, "openssl"), "s_server", "-accept", "127.0.0.1:"+port, "-tls1_2", "-cert", leaf.CertFile, "-key", leaf.KeyFile)
	orders, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	var nc net.Conn
	testutil.Eventually(t, "the server listens", func() bool {
		nc, err = net.Dial("tcp", "127.0.0.1:"+port)
		return err == nil
	})
	cl, _ := (&Config{NoVerify: true}).Client()
	c, err := cl.Handshake(t.Context(), nc, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(orders, "r\n")
	c.SetReadDeadline(time.Now().Add(limit))
	_, err = c.Read(make([]byte, 100))
	wantBreach(t, err, "read", nc.RemoteAddr(), true)
}

// Values in the list of a client's suites that are no suites are not shown.
func TestSuitesOf(t *testing.T) {
	got := suitesOf([]uint16{0x1a1a, tls.TLS_RSA_WITH_AES_128_CBC_SHA, 0x00ff, 0x5600, 0x0a0b})
	if len(got) != 2 || got[0] != tls.TLS_RSA_WITH_AES_128_CBC_SHA || got[1] != 0x0a0b {
		t.Errorf("%x", got)
	}
}
