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
func (w tlsWords) handshake(err error, server bool) (why, hint string) {
	if why, hint, ok := w.badCertificate(err, server); ok {
		return why, hint
	}
	var (
		foreign  *tlsconn.NotTLSError
		alert    *tlsconn.AlertError
		mismatch *tlsconn.MismatchError
		breach   *tlsconn.ProtocolFailure
	)
	switch {
	case errors.As(err, &foreign) && server:
		return `the client does not speak TLS; it sent "` + foreign.Said + `"`, "the client has to connect with TLS: " + w.spell(option.TLS) + ", https://, openssl s_client"
	case errors.As(err, &foreign):
		return `the other side does not speak TLS; it sent "` + foreign.Said + `"`, "connect without " + w.spell(option.TLS)
	case errors.As(err, &alert):
		return w.alert(alert, server)
	case errors.As(err, &mismatch):
		return w.mismatch(mismatch, server)
	case errors.As(err, &breach):
		return w.breach(breach, server)
	case errors.Is(err, tlsconn.ErrNoClientCertificate):
		return "the client presented no certificate", "clients name one with " + w.spell(option.TLSCert) + " and " + w.spell(option.TLSKey)
	case errors.Is(err, tlsconn.ErrEnded) && server:
		return "the client closed the connection", "it may be a port scan, not speak TLS, or not trust the certificate"
	case errors.Is(err, tlsconn.ErrEnded):
		return "the other side closed the connection", "it may not speak TLS"
	case errors.Is(err, context.DeadlineExceeded) && server:
		return "the client did not finish it in time", "it may not speak TLS, or wait for a first word of the server; " + w.spell(option.ConnectTimeout) + " sets the limit"
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
func (w tlsWords) badCertificate(err error, server bool) (why, hint string, ok bool) {
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
		why, hint = w.unknownAuthority(unknown, server)
	case errors.As(err, &noRoots):
		why = "this system has no certificates to trust: " + noRoots.Why
		hint = "install them (ca-certificates), or name a file with " + w.spell(option.TLSTrustFile)
	case errors.As(err, &names):
		why, hint = w.wrongName(names)
	case errors.As(err, &dates):
		why, hint = w.notValidNow(dates)
	case errors.As(err, &usage) && server:
		why = "the certificate of " + ownerOf(&usage.Certificate) + " is not for a client"
		hint = "one for clients has the extended key usage clientAuth, or none at all"
	case errors.As(err, &usage):
		why, hint = "the certificate of "+ownerOf(&usage.Certificate)+" is not for a server", w.pinHint(&usage.Certificate)
	case errors.As(err, &other):
		why, hint = other.Why, w.pinHint(&other.Certificate)
	case errors.As(err, &pin):
		why = "the certificate does not match the pin; its own is " + pin.Certificate.Pin
		hint = "the key has changed, or another machine answers"
	default:
		return "", "", false
	}
	return why, hint, true
}

// pinHint says how to accept a certificate that is not accepted.
func (w tlsWords) pinHint(c *tlsconn.Certificate) string {
	return "if it is the right one nevertheless: " + w.pin(c)
}

func (w tlsWords) unknownAuthority(e *tlsconn.UnknownAuthorityError, server bool) (why, hint string) {
	why = "the certificate of " + ownerOf(&e.Certificate) + " is signed by an authority that is not trusted, " + name(e.Authority)
	if e.SelfSigned {
		why = "the certificate of " + ownerOf(&e.Certificate) + " is self-signed and not trusted"
	}
	missing := ""
	if e.Alone && !e.SelfSigned {
		missing = "; it came alone, so an intermediate certificate may be missing"
	}
	if server {
		return why, "its authority has to be in the file of " + w.spell(option.TLSTrustFile) + missing
	}
	return why, "if it is the right one: " + w.pin(&e.Certificate) + ", or trust its authority with " + w.spell(option.TLSTrustFile) + missing
}

func (w tlsWords) wrongName(e *tlsconn.WrongNameError) (why, hint string) {
	if len(e.Certificate.Names) == 0 {
		return "the certificate of " + ownerOf(&e.Certificate) + " has no names, so it is not for " + e.Name, w.pinHint(&e.Certificate)
	}
	return "the certificate is for " + namesOf(&e.Certificate) + ", not for " + e.Name,
		"connect to a name that it has, or name the one to verify with " + w.spell(option.TLSServerName)
}

func (w tlsWords) notValidNow(e *tlsconn.NotValidNowError) (why, hint string) {
	why = "the certificate of " + ownerOf(&e.Certificate)
	if e.Expired() {
		why += " expired on " + date(e.Certificate.NotAfter)
	} else {
		why += " is not valid before " + date(e.Certificate.NotBefore)
	}
	return why, "the clock of this machine says " + date(e.Now.Truncate(time.Second)) + "; " + w.pinHint(&e.Certificate)
}

// alert says what an alert of the peer means (RFC 8446 section 6.2).
func (w tlsWords) alert(e *tlsconn.AlertError, server bool) (why, hint string) {
	peer := "the other side"
	if server {
		peer = "the client"
	}
	switch {
	case e.WantsCertificate() && !server:
		return "the other side wants a certificate", w.about(option.TLSCert, "name one with "+w.spell(option.TLSCert)+" and "+w.spell(option.TLSKey))
	case e.IsAboutCertificate() && server:
		return "the client does not accept the certificate (" + e.Name() + ")", "the client has to trust the certificate or its authority, and the certificate has to have the name that the client asks for"
	case e.IsAboutCertificate():
		return "the other side does not accept our certificate (" + e.Name() + ")", w.ownHint(e.Name())
	}
	switch e.Name() {
	case "protocol_version":
		return peer + " supports no version of TLS that we offer", w.versionHint()
	case "handshake_failure", "insufficient_security":
		return peer + " has no cipher suite or key in common with us (" + e.Name() + ")", w.versionHint()
	case "no_application_protocol":
		return peer + " supports none of our protocols", w.about(option.TLSALPN, "name others with "+w.spell(option.TLSALPN))
	case "unrecognized_name":
		return peer + " does not know the name that was asked for", "name another one with " + w.spell(option.TLSServerName)
	}
	return peer + " refused it with the alert " + e.Name(), "its log may say why"
}

// ownHint says what may be the matter with a certificate of ours that the server
// did not accept.
func (w tlsWords) ownHint(alert string) string {
	switch alert {
	case "certificate_expired":
		return "look at its dates with openssl x509 -dates, and at the clocks of both machines"
	case "certificate_revoked":
		return "its authority has withdrawn it; ask there for another one"
	}
	return w.about(option.TLSCert, "the other side has to trust its authority; certificates between the two belong behind it in the file of "+w.spell(option.TLSCert))
}

// breach says what of TLS the peer does not keep to, or asks for in vain.
func (w tlsWords) breach(e *tlsconn.ProtocolFailure, server bool) (why, hint string) {
	peer := "the other side"
	if server {
		peer = "the client"
	}
	if e.Renegotiation {
		return peer + " wants to renegotiate, which is not supported",
			w.about(option.TLSMin, w.spell(option.TLSMin)+" 1.3 leaves renegotiation out, if both sides have that version")
	}
	return peer + " breaks the rules of TLS: " + e.Why, "it may not speak TLS, or something between the two changes what it sends"
}

// versionHint says how to have versions that are off.
func (w tlsWords) versionHint() string {
	return w.about(option.TLSMin, "old versions and cipher suites are off: "+w.spell(option.TLSMin)+" 1.0 and "+w.spell(option.TLSCiphers)+" turn them on")
}

// mismatch says what both sides have nothing in common of.
func (w tlsWords) mismatch(e *tlsconn.MismatchError, server bool) (why, hint string) {
	peer := "the other side"
	if server {
		peer = "the client"
	}
	why = "no " + e.What + " in common"
	if len(e.Peer) > 0 {
		why += ": " + peer + " offers " + strings.Join(e.Peer, ", ")
	}
	if e.What == tlsconn.Protocol {
		return why, w.about(option.TLSALPN, "name others with "+w.spell(option.TLSALPN))
	}
	if len(e.Own) == 2 {
		why += "; we support " + e.Own[0] + " to " + e.Own[1]
	}
	return why, w.versionHint()
}
