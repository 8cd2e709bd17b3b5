package tlsconn

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// trust describes which peers are accepted.
type trust struct {
	usage x509.ExtKeyUsage // what their certificates have to be for
	roots *x509.CertPool   // nil: a client trusts those of the system, a server asks for no certificate
	pins  []pin            // nil: none
	none  bool             // nothing is verified but pins
}

// demands reports whether a server demands certificates.
func (t *trust) demands() bool { return t.roots != nil || t.pins != nil }

// verify checks the chain of a peer, and its name if name is not empty.
func (t *trust) verify(chain []*x509.Certificate, name string) (Verified, error) {
	switch {
	case len(chain) == 0:
		return ByNothing, nil // crypto/tls has seen to it where one is demanded
	case t.pins != nil:
		for i := range t.pins {
			if t.pins[i].matches(chain[0]) {
				return ByPin, nil
			}
		}
		return ByNothing, &WrongPinError{describe(chain[0])}
	case t.none:
		return ByNothing, nil
	}
	now := time.Now()
	opts := x509.VerifyOptions{Roots: t.roots, Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{t.usage}}
	for _, cert := range chain[1:] {
		opts.Intermediates.AddCert(cert)
	}
	if _, err := chain[0].Verify(opts); err != nil {
		return ByNothing, chainError(err, chain, now)
	}
	if name != "" && chain[0].VerifyHostname(name) != nil {
		return ByNothing, &WrongNameError{printable(name, maxName), describe(chain[0])}
	}
	return ByChain, nil
}

// chainError makes an error of this package of one of crypto/x509.
func chainError(err error, chain []*x509.Certificate, now time.Time) error {
	leaf := describe(chain[0])
	var invalid x509.CertificateInvalidError
	var roots x509.SystemRootsError
	switch {
	case errors.As(err, new(x509.UnknownAuthorityError)):
		last := chain[len(chain)-1]
		return &UnknownAuthorityError{leaf, nameText(&last.Issuer), string(chain[0].RawSubject) == string(chain[0].RawIssuer), len(chain) == 1}
	case errors.As(err, &roots):
		return &NoRootsError{leaf, printable(roots.Error(), maxText)}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		return &NotValidNowError{describe(invalid.Cert), now}
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return &WrongUsageError{leaf}
	}
	return &BadCertificateError{leaf, printable(err.Error(), maxText)}
}

// An UnknownAuthorityError is a certificate that leads to nothing trusted.
type UnknownAuthorityError struct {
	Certificate Certificate
	Authority   string // that would have to be trusted: the issuer of the last certificate
	SelfSigned  bool
	Alone       bool // it came without a certificate of its authority
}

func (e *UnknownAuthorityError) Error() string {
	return fmt.Sprintf("the certificate of %s is signed by an unknown authority, %s", e.Certificate.Subject, e.Authority)
}

// A NoRootsError says that this system has no roots to verify with.
type NoRootsError struct {
	Certificate Certificate
	Why         string
}

func (e *NoRootsError) Error() string { return e.Why }

// A WrongNameError is a certificate that is for other names.
type WrongNameError struct {
	Name        string // that was asked for
	Certificate Certificate
}

func (e *WrongNameError) Error() string {
	return fmt.Sprintf("the certificate is not for %s, but for %q", e.Name, e.Certificate.Names)
}

// A NotValidNowError is a certificate that has expired or is not valid yet. It
// may be one of the chain.
type NotValidNowError struct {
	Certificate Certificate
	Now         time.Time
}

// Expired reports whether the certificate was valid, and is no longer.
func (e *NotValidNowError) Expired() bool { return e.Now.After(e.Certificate.NotAfter) }

func (e *NotValidNowError) Error() string {
	if e.Expired() {
		return fmt.Sprintf("the certificate of %s expired on %v", e.Certificate.Subject, e.Certificate.NotAfter)
	}
	return fmt.Sprintf("the certificate of %s is valid only from %v", e.Certificate.Subject, e.Certificate.NotBefore)
}

// A WrongUsageError is a certificate that is not for this side of TLS: one for
// clients that a server shows, or the other way round.
type WrongUsageError struct{ Certificate Certificate }

func (e *WrongUsageError) Error() string {
	return fmt.Sprintf("the certificate of %s is for another usage", e.Certificate.Subject)
}

// A BadCertificateError is a certificate that is wrong in another way.
type BadCertificateError struct {
	Certificate Certificate
	Why         string // what crypto/x509 says, escaped
}

func (e *BadCertificateError) Error() string { return e.Why }

// A WrongPinError is a certificate that has none of the pins.
type WrongPinError struct{ Certificate Certificate }

func (e *WrongPinError) Error() string {
	return fmt.Sprintf("the certificate has the pin %s", e.Certificate.Pin)
}

// verify implements VerifyConnection of a handshake, for clients and servers.
func (h *handshake) verify(st tls.ConnectionState) error {
	h.verified, h.failed = h.trust.verify(st.PeerCertificates, h.name)
	return h.failed
}
