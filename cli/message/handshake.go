package message

import (
	"context"
	"errors"
	"strings"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn/tlsconn"
)

// handshake says why a TLS handshake failed, and what may help. server: this
// side was the server.
func (t *Text) handshake(err error, server bool) (why, hint string) {
	if why, hint, ok := t.badCertificate(err, server); ok {
		return why, hint
	}
	var (
		foreign  *tlsconn.NotTLSError
		alert    *tlsconn.AlertError
		mismatch *tlsconn.MismatchError
	)
	switch {
	case errors.As(err, &foreign) && server:
		return `the client does not speak TLS; it sent "` + foreign.Said + `"`, "the client has to connect with TLS: " + t.spell(option.TLS) + ", https://, openssl s_client"
	case errors.As(err, &foreign):
		return `the other side does not speak TLS; it sent "` + foreign.Said + `"`, "connect without " + t.spell(option.TLS)
	case errors.As(err, &alert):
		return t.alert(alert, server)
	case errors.As(err, &mismatch):
		return t.mismatch(mismatch, server)
	case errors.Is(err, tlsconn.ErrNoClientCertificate):
		return "the client showed no certificate", "clients name one with " + t.spell(option.TLSCert) + " and " + t.spell(option.TLSKey)
	case errors.Is(err, tlsconn.ErrEnded) && server:
		return "the client closed the connection", "it may be a port scan, not speak TLS, or not trust the certificate"
	case errors.Is(err, tlsconn.ErrEnded):
		return "the other side closed the connection", "it may not speak TLS"
	case errors.Is(err, context.DeadlineExceeded) && server:
		return "the client did not finish it in time", ""
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time", "the other side may not speak TLS"
	}
	return event.Reason(cause(err)), ""
}

// cause returns err without the addresses, which the line has already.
func cause(err error) error {
	var h *tlsconn.HandshakeError
	if errors.As(err, &h) {
		return h.Err
	}
	return err
}

// badCertificate says what is wrong with the certificate of the peer.
func (t *Text) badCertificate(err error, server bool) (why, hint string, ok bool) {
	var (
		unknown *tlsconn.UnknownAuthorityError
		noRoots *tlsconn.NoRootsError
		names   *tlsconn.WrongNameError
		dates   *tlsconn.NotValidNowError
		usage   *tlsconn.WrongUsageError
		other   *tlsconn.BadCertificateError
		pin     *tlsconn.WrongPinError
	)
	switch {
	case errors.As(err, &unknown):
		why, hint = t.unknownAuthority(unknown, server)
	case errors.As(err, &noRoots):
		why = "this system has no certificates to trust: " + noRoots.Why
		hint = "install them (ca-certificates), or name a file with " + t.spell(option.TLSTrustFile)
	case errors.As(err, &names):
		why, hint = t.wrongName(names)
	case errors.As(err, &dates):
		why, hint = t.notValidNow(dates)
	case errors.As(err, &usage) && server:
		why = "the certificate of " + ownerOf(&usage.Certificate) + " is not for a client"
	case errors.As(err, &usage):
		why, hint = "the certificate of "+ownerOf(&usage.Certificate)+" is not for a server", t.pinHint(&usage.Certificate)
	case errors.As(err, &other):
		why, hint = other.Why, t.pinHint(&other.Certificate)
	case errors.As(err, &pin):
		why = "the certificate does not match the pin; its own is " + pin.Certificate.Pin
		hint = "another key is there now, or another machine answers"
	default:
		return "", "", false
	}
	return why, hint, true
}

// pinHint says how to accept a certificate that is not accepted.
func (t *Text) pinHint(c *tlsconn.Certificate) string {
	return "if it is the right one all the same: " + t.spell(option.TLSPin) + " '" + c.Pin + "'"
}

func (t *Text) unknownAuthority(e *tlsconn.UnknownAuthorityError, server bool) (why, hint string) {
	why = "the certificate of " + ownerOf(&e.Certificate) + " is signed by an authority that is not trusted, " + name(e.Authority)
	if e.SelfSigned {
		why = "the certificate of " + ownerOf(&e.Certificate) + " is self-signed and not trusted"
	}
	if server {
		return why, "its authority has to be in the file of " + t.spell(option.TLSTrustFile)
	}
	return why, "if it is the right one: " + t.spell(option.TLSPin) + " '" + e.Certificate.Pin + "', or trust its authority with " + t.spell(option.TLSTrustFile)
}

func (t *Text) wrongName(e *tlsconn.WrongNameError) (why, hint string) {
	if len(e.Certificate.Names) == 0 {
		return "the certificate of " + ownerOf(&e.Certificate) + " has no names, so it is not for " + e.Name, t.pinHint(&e.Certificate)
	}
	return "the certificate is for " + namesOf(&e.Certificate) + ", not for " + e.Name,
		"connect to a name that it has, or name the one to verify with " + t.spell(option.TLSServerName)
}

func (t *Text) notValidNow(e *tlsconn.NotValidNowError) (why, hint string) {
	why = "the certificate of " + ownerOf(&e.Certificate)
	if e.Expired() {
		why += " expired on " + date(e.Certificate.NotAfter)
	} else {
		why += " is not valid before " + date(e.Certificate.NotBefore)
	}
	return why, "the clock of this machine says " + date(e.Now.Truncate(time.Second)) + "; " + t.pinHint(&e.Certificate)
}

// alert says what an alert of the peer means (RFC 8446 section 6.2).
func (t *Text) alert(e *tlsconn.AlertError, server bool) (why, hint string) {
	peer := "the other side"
	if server {
		peer = "the client"
	}
	switch {
	case e.WantsCertificate() && !server:
		return "the other side wants a certificate", "name one with " + t.spell(option.TLSCert) + " and " + t.spell(option.TLSKey)
	case e.IsAboutCertificate() && server:
		return "the client does not accept the certificate (" + e.Name() + ")", "it has to trust it, or its authority, and the name that it asks for has to be in it"
	case e.IsAboutCertificate():
		return "the other side does not accept our certificate (" + e.Name() + ")", ""
	}
	switch e.Name() {
	case "protocol_version":
		return peer + " takes no version of TLS that we offer", t.versionHint()
	case "handshake_failure", "insufficient_security":
		return peer + " has no cipher suite or key in common with us (" + e.Name() + ")", t.versionHint()
	case "no_application_protocol":
		return peer + " takes none of our protocols", "name others with " + t.spell(option.TLSALPN)
	case "unrecognized_name":
		return peer + " does not know the name that was asked for", "name another one with " + t.spell(option.TLSServerName)
	}
	return peer + " refused it with the alert " + e.Name(), ""
}

// versionHint says how to have versions that are off.
func (t *Text) versionHint() string {
	return "versions of long ago are off: " + t.spell(option.TLSMin) + " 1.0 has them, " + t.spell(option.TLSCiphers) + " old cipher suites"
}

// mismatch says what both sides have nothing in common of.
func (t *Text) mismatch(e *tlsconn.MismatchError, server bool) (why, hint string) {
	peer := "the other side"
	if server {
		peer = "the client"
	}
	why = "no " + e.What + " in common"
	if len(e.Peer) > 0 {
		why += ": " + peer + " offers " + strings.Join(e.Peer, ", ")
	}
	if e.What == tlsconn.Protocol {
		return why, "name others with " + t.spell(option.TLSALPN)
	}
	if len(e.Own) == 2 {
		why += "; we take " + e.Own[0] + " to " + e.Own[1]
	}
	return why, t.versionHint()
}
