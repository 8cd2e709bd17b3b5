package tlsconn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// TestNotTLS has peers that do not speak TLS, or not to the end.
func TestNotTLS(t *testing.T) {
	said := func(want string) func(error) bool {
		return as(func(e *NotTLSError) bool { return strings.HasPrefix(e.Said, want) })
	}
	tests := []struct {
		name, text string
		end        bool
		is         func(error) bool
	}{
		{"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", false, said(`HTTP/1.1 400 Bad Request\r\n`)},
		{"escapes", "\x1b]0;title\a 12345\x85\u202e", false, said(`\x1b]0;title\a 12345\x85\u202e`)},
		{"much", strings.Repeat("x", 100000), false, said(strings.Repeat("x", maxText) + "...")},
		{"short", "220", true, said("220")},
		{"silent", "", true, func(err error) bool { return errors.Is(err, ErrEnded) }},
		{"half a record", "\x16\x03\x03\x40", true, func(err error) bool { return errors.Is(err, ErrEnded) }},
		{"alert", "\x15\x03\x03\x00\x02\x02\x28", false, as(func(e *AlertError) bool { return e.Name() == "handshake_failure" })},
		{"record too long", "\x16\x03\x03\xff\xff" + strings.Repeat("x", 70000), false, as(func(*ProtocolFailure) bool { return true })},
	}
	leaf := testutil.Issue(t, nil, "ecdsa", testutil.ForServer("localhost"))
	cl, _ := (&Config{}).Client()
	sv, err := (&Config{CertFile: leaf.CertFile, KeyFile: leaf.KeyFile}).Server()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		for _, role := range []string{"client", "server"} {
			t.Run(tt.name+" "+role, func(t *testing.T) {
				own, peer := pair(t)
				go func() {
					io.WriteString(peer, tt.text)
					if tt.end {
						peer.(*net.TCPConn).CloseWrite()
					}
					io.Copy(io.Discard, peer)
					peer.Close()
				}()
				ctx, cancel := context.WithTimeout(context.Background(), limit)
				defer cancel()
				var err error
				if role == "client" {
					_, err = cl.Handshake(ctx, own, "localhost")
				} else {
					_, err = sv.Handshake(ctx, own)
				}
				if !tt.is(err) {
					t.Errorf("%v (%#v)", err, errors.Unwrap(err))
				}
			})
		}
	}
}

// TestLimit has a peer that says nothing, or little, and stays.
func TestLimit(t *testing.T) {
	cl, _ := (&Config{}).Client()
	for _, text := range []string{"", "\x16\x03", "hi"} {
		own, peer := pair(t)
		io.WriteString(peer, text)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := cl.Handshake(ctx, own, "localhost")
		cancel()
		switch {
		case text == "hi" && !as(func(e *NotTLSError) bool { return e.Said == "hi" })(err):
			t.Errorf("%q: %v", text, err)
		case text != "hi" && !errors.Is(err, context.DeadlineExceeded):
			t.Errorf("%q: %v", text, err)
		}
		if _, err := own.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%q: the connection is open: %v", text, err)
		}
	}
	own, _ := pair(t)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := cl.Handshake(ctx, own, "localhost"); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

func TestReset(t *testing.T) {
	cl, _ := (&Config{}).Client()
	own, peer := pair(t)
	go func() {
		peer.Read(make([]byte, 1))
		peer.(*net.TCPConn).SetLinger(0)
		peer.Close()
	}()
	_, err := cl.Handshake(t.Context(), own, "localhost")
	var op *net.OpError
	if !errors.As(err, &op) || !strings.Contains(err.Error(), "reset") {
		t.Errorf("%v", err)
	}
}

func TestGenerated(t *testing.T) {
	sv, err := (&Config{}).Server("gonc.example", "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	made := sv.Certificate()
	if !slices.Contains(made.Names, "gonc.example") || made.Key != "ECDSA P-256" {
		t.Errorf("%+v", made)
	}
	leaf := sv.config.Certificates[0].Leaf
	for _, name := range []string{"gonc.example", "192.0.2.7", "localhost", "127.0.0.1"} {
		if err := leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	own, peer := pair(t)
	go sv.Handshake(t.Context(), peer)
	if err := tls.Client(own, &tls.Config{RootCAs: pool, ServerName: "localhost"}).Handshake(); err != nil {
		t.Error(err)
	}
}
