package message

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn/addr"
	"gonc/conn/tlsconn"
)

// secured says how a connection is secured: with -v by what and with whose
// certificate, with -vv the whole chain.
func (t *Text) secured(e event.Secured) []event.Line {
	info := &e.Info
	text := info.Version + ", " + info.Suite
	if info.Group != "" {
		text += ", " + info.Group
	}
	if info.Protocol != "" {
		text += ", protocol " + info.Protocol
	}
	if e.Server && info.Name != "" {
		text += ", for " + info.Name
	}
	lines := one(event.Named("%s", text))
	if len(info.Offered) > 0 && info.Protocol == "" {
		peer := "server chose"
		if e.Server {
			peer = "client offered"
		}
		lines = append(lines, event.Named("the %s none of the protocols %s", peer, event.Printable(strings.Join(info.Offered, ", "))))
	}
	if len(info.Chain) > 0 {
		lines = append(lines, certificate(&info.Chain[0])...)
		if info.Verified == tlsconn.ByNothing {
			lines = append(lines, event.Named("the certificate was not verified"))
		}
	}
	if t.Verbose > 1 {
		lines = append(lines, event.Named("TLS handshake took %s", event.Span(info.Took)))
		for i := range info.Chain {
			lines = append(lines, chainLink(i, &info.Chain[i]))
		}
	}
	return lines
}

// certificate says whose a certificate is, until when, and its pin.
func certificate(c *tlsconn.Certificate) []event.Line {
	return []event.Line{
		event.Named("certificate of %s, issued by %s, valid until %s", ownerOf(c), name(c.Issuer), date(c.NotAfter)),
		event.Named("pin %s", c.Pin),
	}
}

// chainLink says all that is known of a certificate of a chain.
func chainLink(i int, c *tlsconn.Certificate) event.Line {
	names := ""
	if len(c.Names) > 0 {
		names = ", for " + namesOf(c)
	}
	return event.Named("chain %d: %s%s, issued by %s, valid from %s until %s, %s, pin %s, SHA-256 %s",
		i, name(c.Subject), names, name(c.Issuer), date(c.NotBefore), date(c.NotAfter), c.Key, c.Pin, c.SHA256)
}

// ownerOf returns the subject of a certificate, or its names where that is empty.
func ownerOf(c *tlsconn.Certificate) string {
	if c.Subject == "" && len(c.Names) > 0 {
		return namesOf(c)
	}
	return name(c.Subject)
}

func name(s string) string {
	if s == "" {
		return "(no name)"
	}
	return s
}

// namesOf lists the names of a certificate.
func namesOf(c *tlsconn.Certificate) string {
	text := strings.Join(c.Names, ", ")
	if c.MoreNames > 0 {
		text += fmt.Sprintf(" and %d more", c.MoreNames)
	}
	return text
}

func date(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }

// tlsBanner says what certificate a listener shows, if it has TLS, and how to
// connect to it.
func (t *Text) tlsBanner(e event.Listening, host, port string) []event.Line {
	if e.TLS == nil {
		return nil
	}
	lines, pin := certificate(e.TLS), "'"+e.TLS.Pin+"'"
	how, curl := t.spell(option.TLSPin)+" "+pin, pin
	if e.Mutual {
		lines = append(lines, event.Named("clients have to present a certificate"))
		how += " " + t.spell(option.TLSCert) + " FILE " + t.spell(option.TLSKey) + " FILE"
		curl += " --cert FILE --key FILE"
	}
	switch {
	case strings.HasPrefix(e.Network, "unix"):
		return append(lines, event.Named("connect with: %s %s %s %s", t.Dialect.Program, how, t.spell(option.Unix), event.HostPort(e.At[0])))
	case e.Page:
		return append(lines, event.Named("fetch with: curl -k --pinnedpubkey %s %s", curl, pageURL(e, host, port)))
	}
	return append(lines, event.Named("connect with: %s %s %s %s", t.Dialect.Program, how, host, port))
}

// warned says what is unwise.
func (t *Text) warned(e event.Warned) []event.Line {
	var readable *tlsconn.KeyReadableError
	var expired *tlsconn.OwnExpiredError
	var log *tlsconn.KeyLogError
	text, hint := event.Reason(e.Err), ""
	switch {
	case errors.As(e.Err, &readable):
		text = fmt.Sprintf("every user can read the key %s (mode %04o)", strconv.Quote(readable.Path), readable.Mode)
		hint = "chmod 600 " + readable.Path
	case errors.As(e.Err, &expired) && time.Now().After(expired.NotAfter):
		text = fmt.Sprintf("the certificate %s expired on %s", strconv.Quote(expired.Path), date(expired.NotAfter))
	case errors.As(e.Err, &expired):
		text = fmt.Sprintf("the certificate %s is not valid before %s", strconv.Quote(expired.Path), date(expired.NotBefore))
	case errors.As(e.Err, &log):
		text = "SSLKEYLOGFILE is not written: " + event.Reason(log.Err)
		if path := new(fs.PathError); errors.As(log.Err, &path) {
			text = fmt.Sprintf("SSLKEYLOGFILE is not written: open %q failed: %s", path.Path, event.Reason(path.Err))
			hint = fileHint(path.Path, path.Err)
		}
	}
	return append(one(event.Named("warning: %s", event.Printable(text))), t.hint(hint)...)
}

// handshakeFailed says why a peer was turned away.
func (t *Text) handshakeFailed(e event.HandshakeFailed) []event.Line {
	why, hint, ok := t.describeAccess(e.Err)
	if ok {
		why = "the client " + why
	} else {
		why, hint = t.tlsWords(e.Err).handshake(e.Err, true)
		why = "TLS handshake failed: " + why
	}
	text := connectionFrom(e.Remote) + ": " + why
	if e.More > 0 {
		text += fmt.Sprintf(" (and %d others)", e.More)
	}
	return append(one(event.Named("%s", event.Printable(text))), t.hint(hint)...)
}

// describeHandshake describes a handshake of a client with a that failed.
func (t *Text) describeHandshake(a addr.Addr, limit time.Duration, err error) (text, hint string) {
	at := a.Host + " port " + a.Port
	if a.Path != "" {
		at = a.Path
	}
	why, hint := t.tlsWords(err).handshake(err, false)
	if limit > 0 && errors.Is(err, context.DeadlineExceeded) {
		why = fmt.Sprintf("no answer within %v", limit)
	}
	return "TLS handshake with " + at + " failed: " + why, hint
}

// describeTLSFile describes a file, a pin or a suite that cannot be used.
func (t *Text) describeTLSFile(err error) (text, hint string, ok bool) {
	var file *tlsconn.FileError
	var pin *tlsconn.PinError
	var suite *tlsconn.SuiteError
	switch {
	case errors.As(err, &file):
		text, hint = t.tlsFile(file)
	case errors.As(err, &pin):
		text, hint = pin.Error(), "a listener prints its pin with "+t.spell(option.Verbose)
	case errors.As(err, &suite) && suite.TLS13:
		text, hint = suite.Error(), t.spell(option.TLSMax)+" 1.2 leaves TLS 1.3 out"
	case errors.As(err, &suite):
		text, hint = suite.Error(), "names are those of IANA or of OpenSSL: ECDHE-RSA-AES128-GCM-SHA256"
	default:
		return "", "", false
	}
	return text, hint, true
}

// tlsFile describes a file that cannot be used.
func (t *Text) tlsFile(e *tlsconn.FileError) (text, hint string) {
	text = e.What + " " + strconv.Quote(e.Path) + ": "
	var path *fs.PathError
	switch {
	case errors.As(e.Err, &path):
		return text + event.Reason(path.Err), fileHint(e.Path, path.Err)
	case e.Err == tlsconn.ErrNoKey:
		return text + e.Err.Error(), "if the key is in another file, name it with " + t.spell(option.TLSKey)
	case e.Err == tlsconn.ErrNoCertFile:
		return text + e.Err.Error(), "name the certificate with " + t.spell(option.TLSCert)
	case e.Err == tlsconn.ErrEncrypted:
		return text + e.Err.Error(), "openssl pkey -in " + e.Path + " -out key.pem writes it without a password"
	case e.Err == tlsconn.ErrMismatch:
		return text + e.Err.Error(), "the certificate of the key has to be the first one in its file"
	case e.Err == tlsconn.ErrNoPEM:
		return text + e.Err.Error(), "PEM has lines like -----BEGIN CERTIFICATE-----; openssl x509 -inform der converts DER to it"
	case e.Err == tlsconn.ErrNoCertificate:
		return text + e.Err.Error(), "it has to have lines like -----BEGIN CERTIFICATE-----; the file of a key has none"
	}
	return text + e.Err.Error(), fileHint(e.Path, e.Err)
}
