// Package tlsconn puts TLS on stream connections, as a client and as a server,
// with crypto/tls of the standard library.
//
// A Config is data: names of files, lists, versions. Client and Server read
// and check all of it before any socket exists, and return what makes
// handshakes. A handshake ends in a *Conn or in a *HandshakeError, which holds
// one of the typed errors of this package or an error of the network.
package tlsconn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"strings"

	"gonc/conn/sockopt"
)

// A Config says how to make handshakes. Its zero value verifies the peer of a
// client against the roots of the system.
type Config struct {
	// NoVerify accepts any certificate that no pin speaks against.
	NoVerify bool

	// TrustFile names a PEM file of certificates to trust instead of the roots
	// of the system. A server with it demands a certificate of its clients.
	TrustFile string

	// CertFile names a PEM file with the own certificate and the chain behind
	// it, KeyFile one with its key. Either file may hold both.
	CertFile, KeyFile string

	// ServerName is the name to ask for (SNI, RFC 6066 section 3) and to
	// verify instead of the host that was dialled.
	ServerName string

	// ALPN lists application protocols, best first (RFC 7301).
	ALPN []string

	// Ciphers lists suites of TLS 1.2 and below by their IANA or OpenSSL
	// names. Empty means those of crypto/tls.
	Ciphers []string

	// MinVersion and MaxVersion are versions as crypto/tls has them. Zero
	// means 1.2, or the maximum where that is lower, and 1.3.
	MinVersion, MaxVersion uint16

	// Pins lists public keys as sha256//BASE64 or certificates by their
	// SHA-256 in hex, between semicolons. A peer that has one of them is
	// accepted whatever its chain, names and dates; any other is refused.
	Pins string

	// KeyLog names a file to append the secrets of each connection to, in the
	// format of SSLKEYLOGFILE. Empty means none.
	KeyLog string

	// OnWarning, if not nil, receives a *KeyReadableError, *OwnExpiredError or
	// *KeyLogError, none of which keeps a connection from being made.
	OnWarning func(error)
}

// A Client makes handshakes as a client. It may be used by several goroutines.
type Client struct {
	common
	name string // to verify; empty: the host that was dialled
}

// A Server makes handshakes as a server. It may be used by several goroutines.
type Server struct {
	common
}

// common holds the settings that clients and servers share.
type common struct {
	config *tls.Config
	trust  trust
}

// Client reads what c names. Errors: *FileError, *PinError, *SuiteError.
func (c *Config) Client() (*Client, error) {
	common, err := c.prepare(x509.ExtKeyUsageServerAuth)
	if err != nil {
		return nil, err
	}
	if c.CertFile != "" || c.KeyFile != "" {
		own, err := c.loadOwn()
		if err != nil {
			return nil, err
		}
		// Unlike Certificates, this is sent though the server names only other
		// authorities: its refusal says more than that none was sent.
		common.config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
	}
	return &Client{common, c.ServerName}, nil
}

// Server reads what c names. Without CertFile it makes a self-signed
// certificate for names, for this host and for its addresses. Errors are those
// of Client.
func (c *Config) Server(names ...string) (*Server, error) {
	common, err := c.prepare(x509.ExtKeyUsageClientAuth)
	if err != nil {
		return nil, err
	}
	s := &Server{common: common}
	own, err := c.loadOwn()
	if c.CertFile == "" && c.KeyFile == "" {
		own, err = generate(append(names, c.ServerName))
	}
	if err != nil {
		return nil, err
	}
	s.config.Certificates = []tls.Certificate{*own}
	s.config.ClientCAs = s.trust.roots
	s.config.GetConfigForClient = s.onHello
	if s.trust.demands() {
		s.config.ClientAuth = tls.RequireAnyClientCert
	}
	return s, nil
}

// prepare makes what clients and servers have in common, where the
// certificates of peers are for usage.
func (c *Config) prepare(usage x509.ExtKeyUsage) (common, error) {
	suites, err := parseSuites(c.Ciphers)
	if err != nil {
		return common{}, err
	}
	pins, err := parsePins(c.Pins)
	if err != nil {
		return common{}, err
	}
	t := trust{usage: usage, pins: pins, none: c.NoVerify}
	if c.TrustFile != "" {
		if t.roots, err = loadTrust(c.TrustFile); err != nil {
			return common{}, err
		}
	}
	oldest, newest := versions(c.MinVersion, c.MaxVersion)
	return common{trust: t, config: &tls.Config{
		MinVersion:                  oldest,
		MaxVersion:                  newest,
		CipherSuites:                suites,
		NextProtos:                  c.ALPN,
		KeyLogWriter:                c.openKeyLog(),
		InsecureSkipVerify:          true, // trust.verify does it, with errors of its own
		DynamicRecordSizingDisabled: true, // records of 16 KiB from the first byte on
	}}, nil
}

// warn reports a warning.
func (c *Config) warn(err error) {
	if c.OnWarning != nil {
		c.OnWarning(err)
	}
}

// openKeyLog opens the key log. A log that can't be written is a warning, as
// the variable that names it may have been set for other programs.
func (c *Config) openKeyLog() io.Writer {
	if c.KeyLog == "" {
		return nil
	}
	f, err := openPrivate(c.KeyLog)
	if err != nil {
		c.warn(&KeyLogError{err})
		return nil
	}
	return f
}

// LoadRoots reads the roots of the system now, if peers are verified with them,
// for a program that will not be able to read files by the first handshake.
func (c *Client) LoadRoots() {
	if t := &c.trust; t.roots == nil && t.pins == nil && !t.none {
		_, _ = x509.SystemCertPool() // an error is that of the first handshake
	}
}

// Handshake makes a handshake on nc, which is a connection to host. It
// verifies host, or ServerName of the Config, as a name or as an address; with
// neither it verifies the chain only. When it fails it closes nc and returns a
// *HandshakeError, or the error of ctx.
func (c *Client) Handshake(ctx context.Context, nc net.Conn, host string) (*Conn, error) {
	name := c.name
	if name == "" {
		name = host
	}
	name = strings.TrimSuffix(name, ".")
	h := &handshake{wire: newWire(nc), client: true, name: name, trust: &c.trust}
	cfg := c.config.Clone()
	cfg.ServerName = name
	cfg.VerifyConnection = h.verify
	own := cfg.GetClientCertificate
	cfg.GetClientCertificate = func(r *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		h.wire.asked = own == nil
		if own == nil {
			return new(tls.Certificate), nil
		}
		return own(r)
	}
	h.versions = [2]uint16{cfg.MinVersion, cfg.MaxVersion}
	return h.run(ctx, tls.Client(h.wire, cfg), cfg.NextProtos)
}

// Handshake makes a handshake on nc. When it fails it closes nc and returns a
// *HandshakeError, or the error of ctx.
func (s *Server) Handshake(ctx context.Context, nc net.Conn) (*Conn, error) {
	h := &handshake{wire: newWire(nc), trust: &s.trust}
	h.versions = [2]uint16{s.config.MinVersion, s.config.MaxVersion}
	c, err := h.run(ctx, tls.Server(h.wire, s.config), s.config.NextProtos)
	if err == nil {
		// With TLS 1.3 the client speaks last, and a server of crypto/tls has
		// nothing to send that would acknowledge it.
		sockopt.AckNow(nc)
	}
	return c, err
}

// Certificate describes the certificate that s shows.
func (s *Server) Certificate() Certificate { return describe(s.config.Certificates[0].Leaf) }
