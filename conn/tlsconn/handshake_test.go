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

// limit bounds everything that is waited for here.
const limit = 20 * time.Second

// number returns a version as crypto/tls has it.
func number(version string) uint16 { return tls.VersionTLS10 + uint16(version[2]-'0') }

// pair returns both ends of a TCP connection.
func pair(t testing.TB) (client, server net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if client, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	until := time.Now().Add(limit)
	client.SetDeadline(until)
	server.SetDeadline(until)
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

// An outcome is one end of a handshake.
type outcome struct {
	c   *Conn
	err error
}

// handshakes makes a handshake between a client and a server on one pair of
// connections, and sends a byte to the client: with TLS 1.3 a client learns that
// the server refuses it when it reads.
func handshakes(t testing.TB, cc, sc Config, host string) (client, server outcome) {
	t.Helper()
	cl, err := cc.Client()
	if err != nil {
		t.Fatal(err)
	}
	sv, err := sc.Server()
	if err != nil {
		t.Fatal(err)
	}
	cn, sn := pair(t)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	done := make(chan outcome)
	go func() {
		c, err := sv.Handshake(ctx, sn)
		if err == nil {
			_, err = io.WriteString(c, "k")
		}
		done <- outcome{c, err}
	}()
	client.c, client.err = cl.Handshake(ctx, cn, host)
	if client.err == nil {
		if _, client.err = client.c.Read(make([]byte, 1)); client.err != nil {
			client.c.Close()
		}
	}
	server = <-done
	return client, server
}

func TestHandshake(t *testing.T) {
	root := testutil.Issue(t, nil, "ecdsa", testutil.Authority("root"))
	middle := testutil.Issue(t, root, "ecdsa", testutil.Authority("middle"))
	for _, kind := range []string{"ecdsa", "rsa", "ed25519"} {
		leaf := testutil.Issue(t, middle, kind, testutil.ForServer("localhost", "127.0.0.1", "::1"))
		for _, version := range []string{"1.2", "1.3"} {
			for _, host := range []string{"localhost", "LOCALHOST.", "127.0.0.1", "::1", ""} {
				t.Run(kind+" "+version+" "+host, func(t *testing.T) {
					c, s := handshakes(t, Config{TrustFile: root.CertFile, MaxVersion: number(version), ALPN: []string{"b"}},
						Config{CertFile: leaf.CertFile, KeyFile: leaf.KeyFile, ALPN: []string{"a", "b"}}, host)
					if c.err != nil || s.err != nil {
						t.Fatal(c.err, s.err)
					}
					info := c.c.Info()
					if info.Version != "TLS "+version || info.Protocol != "b" || info.Verified != ByChain || len(info.Chain) != 2 {
						t.Errorf("%+v", info)
					}
					if got := info.Chain[0]; got.Pin != pinOf(leaf.Cert) || got.Issuer != "CN=middle" || got.Subject != "CN=test "+kind {
						t.Errorf("%+v", got)
					}
					wantName := ""
					if strings.HasPrefix(strings.ToLower(host), "localhost") {
						wantName = "localhost"
					}
					if got := s.c.Info().Name; !strings.EqualFold(got, wantName) {
						t.Errorf("the server was asked for %q, want %q", got, wantName)
					}
				})
			}
		}
	}
}

func TestRefusedServer(t *testing.T) {
	root := testutil.Issue(t, nil, "ecdsa", testutil.Authority("root"))
	other := testutil.Issue(t, nil, "ecdsa", testutil.Authority("other"))
	serve := func(change ...func(*x509.Certificate)) *testutil.Cert {
		return testutil.Issue(t, root, "ecdsa", func(c *x509.Certificate) {
			testutil.ForServer("example.org")(c)
			for _, f := range change {
				f(c)
			}
		})
	}
	good := serve()
	expired := serve(func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	})
	early := serve(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(30 * time.Minute) })
	client := testutil.Issue(t, root, "ecdsa", func(c *x509.Certificate) { testutil.ForServer("example.org")(c); testutil.ForClient(c) })
	tests := []struct {
		name string
		leaf *testutil.Cert
		cfg  Config
		host string
		is   func(error) bool
	}{
		{"unknown", good, Config{TrustFile: other.CertFile}, "example.org", as(func(e *UnknownAuthorityError) bool {
			return e.Authority == "CN=root" && e.Certificate.Pin == pinOf(good.Cert) && !e.SelfSigned
		})},
		{"name", good, Config{TrustFile: root.CertFile}, "localhost", as(func(e *WrongNameError) bool {
			return e.Name == "localhost" && slices.Equal(e.Certificate.Names, []string{"example.org"})
		})},
		{"address", good, Config{TrustFile: root.CertFile}, "127.0.0.1", as(func(e *WrongNameError) bool { return e.Name == "127.0.0.1" })},
		{"servername", good, Config{TrustFile: root.CertFile, ServerName: "example.net"}, "example.org",
			as(func(e *WrongNameError) bool { return e.Name == "example.net" })},
		{"expired", expired, Config{TrustFile: root.CertFile}, "example.org", as(func(e *NotValidNowError) bool {
			return e.Expired() && e.Certificate.NotAfter.Equal(expired.Cert.NotAfter)
		})},
		{"early", early, Config{TrustFile: root.CertFile}, "example.org", as(func(e *NotValidNowError) bool { return !e.Expired() })},
		{"usage", client, Config{TrustFile: root.CertFile}, "example.org", as(func(*WrongUsageError) bool { return true })},
		{"pin", good, Config{Pins: pinOf(root.Cert)}, "example.org", as(func(e *WrongPinError) bool { return e.Certificate.Pin == pinOf(good.Cert) })},
		{"pin without verification", good, Config{NoVerify: true, Pins: pinOf(root.Cert)}, "example.org", as(func(e *WrongPinError) bool { return true })},
	}
	for _, tt := range tests {
		for _, version := range []string{"1.2", "1.3"} {
			t.Run(tt.name+" "+version, func(t *testing.T) {
				tt.cfg.MaxVersion = number(version)
				c, s := handshakes(t, tt.cfg, Config{CertFile: tt.leaf.CertFile, KeyFile: tt.leaf.KeyFile}, tt.host)
				if !tt.is(c.err) {
					t.Errorf("the client: %v (%#v)", c.err, errors.Unwrap(c.err))
				}
				if !as(func(e *AlertError) bool { return e.Name() == "bad_certificate" })(s.err) {
					t.Errorf("the server: %v", s.err)
				}
			})
		}
	}
}

// as reports whether an error is an E for which ok holds.
func as[E error](ok func(E) bool) func(error) bool {
	return func(err error) bool {
		var e E
		return errors.As(err, &e) && ok(e)
	}
}

func TestAccepted(t *testing.T) {
	root := testutil.Issue(t, nil, "ecdsa", testutil.Authority("root"))
	leaf := testutil.Issue(t, root, "ecdsa", func(c *x509.Certificate) {
		testutil.ForServer("example.org")(c)
		c.NotAfter = time.Now().Add(-time.Minute)
	})
	self := testutil.Issue(t, nil, "rsa", testutil.ForServer("self.example"))
	sum := describe(leaf.Cert).SHA256
	tests := []struct {
		name string
		leaf *testutil.Cert
		cfg  Config
		by   Verified
	}{
		{"no verification", leaf, Config{NoVerify: true}, ByNothing},
		{"key pin", leaf, Config{Pins: pinOf(leaf.Cert)}, ByPin},
		{"certificate pin", leaf, Config{Pins: sum}, ByPin},
		{"pin with colons, after another", leaf, Config{Pins: pinOf(root.Cert) + "; " + colons(strings.ToUpper(sum))}, ByPin},
		{"self-signed in the trust file", self, Config{TrustFile: self.CertFile, ServerName: "self.example"}, ByChain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, s := handshakes(t, tt.cfg, Config{CertFile: tt.leaf.CertFile, KeyFile: tt.leaf.KeyFile}, "localhost")
			if c.err != nil || s.err != nil {
				t.Fatal(c.err, s.err)
			}
			if got := c.c.Info().Verified; got != tt.by {
				t.Errorf("verified by %v, want %v", got, tt.by)
			}
		})
	}
}

// colons puts a colon between every two digits.
func colons(s string) string {
	var parts []string
	for ; len(s) > 2; s = s[2:] {
		parts = append(parts, s[:2])
	}
	return strings.Join(append(parts, s), ":")
}

func TestClientCertificate(t *testing.T) {
	root := testutil.Issue(t, nil, "ecdsa", testutil.Authority("root"))
	other := testutil.Issue(t, nil, "ecdsa", testutil.Authority("other"))
	good := testutil.Issue(t, root, "ed25519", testutil.ForClient)
	foreign := testutil.Issue(t, other, "ecdsa", testutil.ForClient)
	server := testutil.Issue(t, root, "ecdsa", testutil.ForServer("example.org"))
	trusting := Config{CertFile: server.CertFile, KeyFile: server.KeyFile, TrustFile: root.CertFile}
	pinning := Config{CertFile: server.CertFile, KeyFile: server.KeyFile, Pins: pinOf(foreign.Cert)}
	tests := []struct {
		name   string
		client *testutil.Cert
		server Config
		is     func(error) bool // of the server; nil: all is well
	}{
		{"good", good, trusting, nil},
		{"pinned", foreign, pinning, nil},
		{"none", nil, trusting, func(err error) bool { return errors.Is(err, ErrNoClientCertificate) }},
		{"none to a pin", nil, pinning, func(err error) bool { return errors.Is(err, ErrNoClientCertificate) }},
		{"unknown", foreign, trusting, as(func(e *UnknownAuthorityError) bool { return e.Authority == "CN=other" })},
		{"wrong usage", server, trusting, as(func(*WrongUsageError) bool { return true })},
		{"wrong pin", good, pinning, as(func(*WrongPinError) bool { return true })},
	}
	for _, tt := range tests {
		for _, version := range []string{"1.2", "1.3"} {
			t.Run(tt.name+" "+version, func(t *testing.T) {
				cc := Config{NoVerify: true, MaxVersion: number(version)}
				if tt.client != nil {
					cc.CertFile, cc.KeyFile = tt.client.CertFile, tt.client.KeyFile
				}
				c, s := handshakes(t, cc, tt.server, "localhost")
				switch {
				case tt.is == nil && (c.err != nil || s.err != nil || len(s.c.Info().Chain) != 1):
					t.Error(c.err, s.err)
				case tt.is != nil && !tt.is(s.err):
					t.Errorf("the server: %v", s.err)
				case tt.client == nil && !as((*AlertError).WantsCertificate)(c.err):
					t.Errorf("the client: %v", c.err)
				}
			})
		}
	}
}

func TestNothingInCommon(t *testing.T) {
	leaf := testutil.Issue(t, nil, "ecdsa", testutil.ForServer("localhost"))
	own := Config{CertFile: leaf.CertFile, KeyFile: leaf.KeyFile}
	with := func(change func(*Config)) Config { c := own; change(&c); return c }
	tests := []struct {
		name   string
		client Config
		server Config
		what   string
		alert  string
	}{
		{"version", Config{MaxVersion: tls.VersionTLS12}, with(func(c *Config) { c.MinVersion = tls.VersionTLS13 }), Version, "protocol_version"},
		{"suite", Config{MaxVersion: tls.VersionTLS12, Ciphers: []string{"ECDHE-RSA-AES128-GCM-SHA256"}}, own, Suite, "handshake_failure"},
		{"protocol", Config{ALPN: []string{"x"}}, with(func(c *Config) { c.ALPN = []string{"y"} }), Protocol, "no_application_protocol"},
		{"http/1.1 and h2", Config{ALPN: []string{"http/1.1"}}, with(func(c *Config) { c.ALPN = []string{"h2"} }), Protocol, "no_application_protocol"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.client.NoVerify = true
			c, s := handshakes(t, tt.client, tt.server, "localhost")
			if !as(func(e *MismatchError) bool { return e.What == tt.what && len(e.Peer) > 0 })(s.err) {
				t.Errorf("the server: %#v", s.err)
			}
			if !as(func(e *AlertError) bool { return e.Name() == tt.alert })(c.err) {
				t.Errorf("the client: %#v", c.err)
			}
		})
	}
}
