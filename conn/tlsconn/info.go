package tlsconn

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// An Info describes a connection after its handshake. Texts of the peer are
// escaped and bounded.
type Info struct {
	Version  string   // "TLS 1.3"
	Suite    string   // by its IANA name
	Group    string   // of the key exchange; empty: none or unknown
	Protocol string   // that ALPN agreed on; empty: none
	Offered  []string // protocols of this side
	Name     string   // a client: that was asked for and verified; a server: that the client asked for
	Verified Verified
	Took     time.Duration // the handshake
	Resumed  bool          // with a ticket of an earlier connection
	Chain    []Certificate // that the peer sent, its own first; empty: none
}

// Verified says what speaks for the peer.
type Verified int

const (
	ByNothing Verified = iota // nothing: no certificate, or none was verified
	ByChain                   // its chain, and its name if there was one to verify
	ByPin                     // a pin
)

// A Certificate describes one certificate. Its texts are escaped and bounded.
type Certificate struct {
	Subject, Issuer     string
	Names               []string // DNS names, addresses, ... that it is for: the first few
	MoreNames           int      // how many it has beyond Names
	NotBefore, NotAfter time.Time
	Key                 string // "ECDSA P-256"
	Pin                 string // of the public key: sha256//BASE64
	SHA256              string // of the certificate, in hex
}

// manyNames is how many names of a certificate are shown, manyCertificates
// how many certificates of a chain.
const (
	manyNames        = 10
	manyCertificates = 10
)

// describe describes cert.
func describe(cert *x509.Certificate) Certificate {
	sum := sha256.Sum256(cert.Raw)
	c := Certificate{
		Subject:   nameText(&cert.Subject),
		Issuer:    nameText(&cert.Issuer),
		NotBefore: cert.NotBefore,
		NotAfter:  cert.NotAfter,
		Key:       keyText(cert),
		Pin:       pinOf(cert),
		SHA256:    hex.EncodeToString(sum[:]),
	}
	c.Names, c.MoreNames = namesOf(cert)
	return c
}

// pinOf returns the pin of the public key of cert.
func pinOf(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return keyPin + base64.StdEncoding.EncodeToString(sum[:])
}

// namesOf returns the first names that cert is for, and how many more it has.
func namesOf(cert *x509.Certificate) (names []string, more int) {
	room := func(n int) int { return min(n, manyNames-len(names)) }
	for _, s := range cert.DNSNames[:room(len(cert.DNSNames))] {
		names = append(names, printable(s, maxName))
	}
	for _, ip := range cert.IPAddresses[:room(len(cert.IPAddresses))] {
		names = append(names, ip.String())
	}
	for _, s := range cert.EmailAddresses[:room(len(cert.EmailAddresses))] {
		names = append(names, printable(s, maxName))
	}
	for _, u := range cert.URIs[:room(len(cert.URIs))] {
		names = append(names, printable(u.String(), maxName))
	}
	return names, len(cert.DNSNames) + len(cert.IPAddresses) + len(cert.EmailAddresses) + len(cert.URIs) - len(names)
}

// nameText writes the attributes of name in the order of the certificate, in
// the manner of RFC 4514, as many as fit into maxText bytes.
func nameText(name *pkix.Name) string {
	var b strings.Builder
	for _, a := range name.Names {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(attribute(a.Type.String()))
		b.WriteByte('=')
		value, _ := a.Value.(string)
		b.WriteString(quoteValue(printable(value, maxName)))
		if b.Len() > maxText {
			b.WriteString(", ...")
			break
		}
	}
	return b.String()
}

// attribute returns the short name of the attribute oid (RFC 4514 section 3),
// or oid.
func attribute(oid string) string {
	switch oid {
	case "2.5.4.3":
		return "CN"
	case "2.5.4.5":
		return "serialNumber"
	case "2.5.4.6":
		return "C"
	case "2.5.4.7":
		return "L"
	case "2.5.4.8":
		return "ST"
	case "2.5.4.10":
		return "O"
	case "2.5.4.11":
		return "OU"
	case "0.9.2342.19200300.100.1.25":
		return "DC"
	case "1.2.840.113549.1.9.1":
		return "emailAddress"
	}
	return printable(oid, maxName)
}

// quoteValue puts quotes around a value that could be taken for several
// attributes.
func quoteValue(s string) string {
	if strings.ContainsAny(s, `,+"<>;=`) {
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	return s
}

// keyText names the kind and size of the key of cert.
func keyText(cert *x509.Certificate) string {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return "RSA " + strconv.Itoa(key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return cert.PublicKeyAlgorithm.String()
}

// infoOf describes a connection in state st.
func infoOf(st *tls.ConnectionState, offered []string) Info {
	info := Info{
		Version:  tls.VersionName(st.Version),
		Suite:    tls.CipherSuiteName(st.CipherSuite),
		Protocol: printable(st.NegotiatedProtocol, maxName),
		Offered:  offered,
		Name:     printable(st.ServerName, maxName),
		Resumed:  st.DidResume,
	}
	if st.CurveID != 0 {
		info.Group = st.CurveID.String()
	}
	for _, cert := range st.PeerCertificates[:min(len(st.PeerCertificates), manyCertificates)] {
		info.Chain = append(info.Chain, describe(cert))
	}
	return info
}
