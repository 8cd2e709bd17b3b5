package tlsconn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"reflect"
	"slices"
	"time"
)

// A handshake is one handshake under way.
type handshake struct {
	wire     *wire
	client   bool
	name     string // to verify; empty: only the chain
	trust    *trust
	versions [2]uint16 // the lowest and the highest of this side

	verified Verified
	failed   error // of verify
	hello    hello // to a server
}

// A hello is what a client has said that it takes.
type hello struct {
	seen      bool
	versions  []uint16
	suites    []uint16
	protocols []string
}

// onHello notes what a client takes. It is GetConfigForClient of a server.
func (s *Server) onHello(info *tls.ClientHelloInfo) (*tls.Config, error) {
	h := info.Conn.(*wire).handshake
	h.hello = hello{true, info.SupportedVersions, info.CipherSuites, info.SupportedProtos}
	cfg := s.config
	if len(cfg.NextProtos) > 0 || h.trust.demands() {
		cfg = cfg.Clone()
		cfg.GetConfigForClient = nil
		cfg.VerifyConnection = h.verify
		if lacksProtocol(cfg.NextProtos, info.SupportedProtos) {
			// crypto/tls would let a client that asks for http/1.1 talk to a
			// server of h2 without either. This protocol is in no list.
			cfg.NextProtos = []string{"\x00"}
		}
		return cfg, nil
	}
	return nil, nil
}

// lacksProtocol reports whether both sides have protocols and none in common.
func lacksProtocol(own, peer []string) bool {
	if len(own) == 0 || len(peer) == 0 {
		return false
	}
	return !slices.ContainsFunc(own, func(p string) bool { return slices.Contains(peer, p) })
}

// run makes the handshake.
func (h *handshake) run(ctx context.Context, c *tls.Conn, offered []string) (*Conn, error) {
	h.wire.handshake = h
	began := time.Now()
	err := c.HandshakeContext(ctx)
	h.wire.handshake = nil
	if err != nil {
		err = h.explain(ctx, c, err)
		h.close(ctx)
		return nil, err
	}
	st := c.ConnectionState()
	info := infoOf(&st, offered)
	info.Verified, info.Took = h.verified, time.Since(began)
	if h.client {
		info.Name = printable(h.name, maxName)
	}
	return &Conn{tls: c, wire: h.wire, info: info}, nil
}

// lingerFor limits the time and lingerBytes the bytes that a handshake that
// failed waits for.
const (
	lingerFor   = time.Second
	lingerBytes = 256 << 10
)

// close closes the connection of a handshake that failed. A socket that is
// closed with unread input resets the connection and may take with it the
// alert that says why (RFC 1122 section 4.2.2.13), so what comes is read and
// dropped first.
func (h *handshake) close(ctx context.Context) {
	nc := h.wire.raw
	defer nc.Close()
	half, ok := nc.(interface{ CloseWrite() error })
	if !ok || ctx.Err() != nil || half.CloseWrite() != nil {
		return
	}
	until := time.Now().Add(lingerFor)
	if limit, ok := ctx.Deadline(); ok && limit.Before(until) {
		until = limit
	}
	nc.SetReadDeadline(until)
	defer context.AfterFunc(ctx, func() { nc.Close() })()
	io.Copy(io.Discard, io.LimitReader(nc, lingerBytes))
}

// explain makes a *HandshakeError of the error of crypto/tls.
func (h *handshake) explain(ctx context.Context, c *tls.Conn, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return &HandshakeError{Addr: h.wire.raw.RemoteAddr(), Err: h.cause(ctx, c, err)}
}

// cause finds out what is behind the error of crypto/tls. What crypto/tls has
// no types for is known by the alert that it sent.
func (h *handshake) cause(ctx context.Context, c *tls.Conn, err error) error {
	if h.failed != nil {
		return h.failed
	}
	if said, foreign := h.wire.foreign(); foreign {
		return &NotTLSError{said}
	}
	if code, ok := remoteAlert(err); ok {
		return &AlertError{Code: code, Asked: h.wire.asked}
	}
	// OpenSSL as a client of TLS 1.3 does not encrypt its alert about a
	// certificate, which crypto/tls takes for a forgery.
	if h.wire.gotAlert != 0 {
		return &AlertError{Code: h.wire.gotAlert, Asked: h.wire.asked}
	}
	if m := h.mismatch(); m != nil {
		return m
	}
	var op *net.OpError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ErrEnded
	case errors.As(err, &op) && op.Op != "local error":
		return err
	case !h.client && op == nil && h.trust.demands() && h.hello.seen && !sentCertificate(c):
		return ErrNoClientCertificate
	}
	var parse x509.CertificateInvalidError
	if errors.As(err, &parse) {
		err = parse
	}
	if breach := localFailure(err); breach != nil {
		return breach
	}
	return &ProtocolFailure{Why: printable(err.Error(), maxText)}
}

// sentCertificate reports whether the peer has sent a certificate.
func sentCertificate(c *tls.Conn) bool { return len(c.ConnectionState().PeerCertificates) > 0 }

// mismatch returns the *MismatchError behind the alert that this side sent; nil if
// there is none. A server that has nothing in common with a client says so
// before anything else.
func (h *handshake) mismatch() error {
	if !h.client && (h.wire.sentHello || !h.hello.seen) {
		return nil
	}
	switch h.wire.sentAlert {
	case alertProtocolVersion:
		own := []string{tls.VersionName(h.versions[0]), tls.VersionName(h.versions[1])}
		return &MismatchError{Version, own, texts(h.hello.versions, tls.VersionName)}
	case alertHandshakeFailure:
		return &MismatchError{Suite, nil, texts(suitesOf(h.hello.suites), tls.CipherSuiteName)}
	case alertNoApplicationProtocol:
		return &MismatchError{Protocol, nil, texts(h.hello.protocols, func(p string) string { return printable(p, maxName) })}
	}
	return nil
}

// suitesOf returns suites without the values that signal something else.
func suitesOf(suites []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(suites), func(s uint16) bool {
		isGREASE := s&0x0f0f == 0x0a0a && s>>8 == s&0xff // RFC 8701
		return s == 0x00ff || s == 0x5600 || isGREASE    // RFC 5746 section 3.3, RFC 7507 section 2
	})
}

// texts returns texts of the first few of list.
func texts[T any](list []T, text func(T) string) []string {
	var all []string
	for _, v := range list[:min(len(list), manyNames)] {
		all = append(all, text(v))
	}
	return all
}

// remoteAlert finds the alert of the peer in err. Its type is not exported,
// but as what it is, a number of one byte.
func remoteAlert(err error) (code uint8, ok bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, false
	}
	if v := reflect.ValueOf(op.Err); v.Kind() == reflect.Uint8 {
		return uint8(v.Uint()), true
	}
	return 0, false
}
