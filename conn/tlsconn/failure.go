package tlsconn

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// A HandshakeError is a handshake that failed.
type HandshakeError struct {
	Addr net.Addr // of the peer
	Err  error    // of this package, of ctx, or a *net.OpError
}

func (e *HandshakeError) Error() string {
	return fmt.Sprintf("TLS handshake with %v: %v", e.Addr, e.Err)
}

func (e *HandshakeError) Unwrap() error { return e.Err }

// ErrEnded says that the peer ended the connection during the handshake.
var ErrEnded = errors.New("the peer ended the connection during the handshake")

// ErrNoClientCertificate says that a client sent no certificate to a server
// that demands one.
var ErrNoClientCertificate = errors.New("the client sent no certificate")

// A NotTLSError is a peer that does not speak TLS.
type NotTLSError struct{ Said string } // escaped and bounded

func (e *NotTLSError) Error() string {
	return fmt.Sprintf("the peer does not speak TLS, but says %q", e.Said)
}

// What a MismatchError is about.
const (
	Version  = "version"
	Suite    = "cipher suite"
	Protocol = "protocol"
)

// A MismatchError says that both sides have nothing of a kind in common.
type MismatchError struct {
	What string   // Version, Suite or Protocol
	Own  []string // versions: the lowest and the highest
	Peer []string // the first few that it offered; empty: unknown
}

func (e *MismatchError) Error() string { return "no " + e.What + " in common" }

// A ProtocolFailure is a breach of the protocol, in the words of crypto/tls.
type ProtocolFailure struct {
	Why           string
	Renegotiation bool // it is none: a server of TLS 1.2 asked for another handshake
}

func (e *ProtocolFailure) Error() string { return e.Why }

// localFailure returns what crypto/tls says of the peer's records; nil: err is
// of the connection below. Most of these errors have no types.
func localFailure(err error) *ProtocolFailure {
	text := strings.TrimPrefix(err.Error(), "local error: ")
	why, ok := strings.CutPrefix(text, "tls: ")
	if !ok {
		return nil
	}
	why = strings.NewReplacer("*tls.", "", "Msg", "").Replace(why) // types of messages
	return &ProtocolFailure{Why: printable(why, maxText), Renegotiation: why == "no renegotiation"}
}

// An AlertError is an alert that the peer sent (RFC 8446 section 6). As a
// server of TLS 1.3 judges the certificate of a client after the client's part
// of the handshake, it may come out of Read.
type AlertError struct {
	Code  uint8
	Asked bool // a server had asked for a certificate, and there was none
}

func (e *AlertError) Error() string { return "the peer sent the alert " + e.Name() }

// WantsCertificate reports whether the peer most likely refused the connection
// because it got no certificate.
func (e *AlertError) WantsCertificate() bool {
	switch e.Code {
	case alertCertificateRequired:
		return true
	case alertHandshakeFailure, alertBadCertificate:
		return e.Asked
	}
	return false
}

// IsAboutCertificate reports whether the peer refused the certificate that it
// was shown.
func (e *AlertError) IsAboutCertificate() bool {
	return e.Code >= alertBadCertificate && e.Code <= 49 && e.Code != 47 // illegal_parameter
}

// Alerts (RFC 8446 section 6).
const (
	alertHandshakeFailure      = 40
	alertBadCertificate        = 42
	alertProtocolVersion       = 70
	alertCertificateRequired   = 116
	alertNoApplicationProtocol = 120
)

// alertNames are the names of alerts (RFC 8446 section 6).
var alertNames = [...]struct {
	code uint8
	name string
}{
	{10, "unexpected_message"},
	{20, "bad_record_mac"},
	{22, "record_overflow"},
	{alertHandshakeFailure, "handshake_failure"},
	{alertBadCertificate, "bad_certificate"},
	{43, "unsupported_certificate"},
	{44, "certificate_revoked"},
	{45, "certificate_expired"},
	{46, "certificate_unknown"},
	{47, "illegal_parameter"},
	{48, "unknown_ca"},
	{49, "access_denied"},
	{50, "decode_error"},
	{51, "decrypt_error"},
	{alertProtocolVersion, "protocol_version"},
	{71, "insufficient_security"},
	{80, "internal_error"},
	{86, "inappropriate_fallback"},
	{109, "missing_extension"},
	{112, "unrecognized_name"},
	{alertCertificateRequired, "certificate_required"},
	{alertNoApplicationProtocol, "no_application_protocol"},
}

// Name returns the name of the alert, or its number.
func (e *AlertError) Name() string {
	for _, a := range alertNames {
		if a.code == e.Code {
			return a.name
		}
	}
	return strconv.Itoa(int(e.Code))
}

// A TruncatedError says that the peer ended the connection without the
// close_notify that says that nothing is missing (RFC 8446 section 6.1).
type TruncatedError struct{}

func (e *TruncatedError) Error() string { return "the peer ended without close_notify" }

// Unwrap returns io.ErrUnexpectedEOF.
func (e *TruncatedError) Unwrap() error { return io.ErrUnexpectedEOF }
