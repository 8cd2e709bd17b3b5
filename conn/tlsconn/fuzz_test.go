package tlsconn

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"gonc/internal/testutil"
)

// checkShown fails if s could harm a terminal or is longer than limit.
func checkShown(t *testing.T, s string, limit int) {
	t.Helper()
	if len(s) > limit {
		t.Errorf("%d bytes, more than %d", len(s), limit)
	}
	if !utf8.ValidString(s) {
		t.Errorf("%q is no UTF-8", s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			t.Errorf("%q has %U", s, r)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b]0;x\a", "\xff\xfe", "a\u202eb", "\\x1b", strings.Repeat("é", 1000), "\u200b\u0085\U000e0001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkShown(t, printable(s, maxName), maxName+3)
	})
}

// FuzzDescribe describes certificates with anything in their names.
func FuzzDescribe(f *testing.F) {
	f.Add("CN", "example.org", "O=evil, CN=", 3)
	f.Add("\x1b[2J", "\x00", "a\nb", 10_000)
	f.Add(strings.Repeat("x", 1<<20), strings.Repeat("y", 1<<16), "", 1)
	f.Fuzz(func(t *testing.T, subject, name, issuer string, n int) {
		n = min(max(n, 0), 10_000)
		begin := time.Now()
		c := &x509.Certificate{}
		for i := range n {
			c.Subject.Names = append(c.Subject.Names, pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, i}, Value: subject})
			c.DNSNames = append(c.DNSNames, name)
			c.EmailAddresses = append(c.EmailAddresses, name)
			c.IPAddresses = append(c.IPAddresses, net.IP(name[:min(len(name), 16)]))
			c.URIs = append(c.URIs, &url.URL{Scheme: name, Opaque: issuer})
		}
		c.Issuer.Names = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: issuer}, {Value: 7}}
		got := describe(c)
		checkShown(t, got.Subject, 2*maxText)
		checkShown(t, got.Issuer, 2*maxText)
		if len(got.Names) > manyNames || len(got.Names)+got.MoreNames != 4*n {
			t.Errorf("%d names and %d more of %d", len(got.Names), got.MoreNames, 4*n)
		}
		for _, s := range got.Names {
			checkShown(t, s, maxName+3)
		}
		if took := time.Since(begin); took > limit {
			t.Errorf("it took %v", took)
		}
	})
}

// FuzzPins parses lists of pins.
func FuzzPins(f *testing.F) {
	f.Add("sha256//" + strings.Repeat("A", 43) + "=;" + strings.Repeat("0f:", 31) + "0f")
	f.Fuzz(func(t *testing.T, list string) {
		pins, err := parsePins(list)
		if (err == nil) != (len(pins) > 0) && list != "" {
			t.Errorf("%q: %d pins, %v", list, len(pins), err)
		}
		if err != nil {
			checkShown(t, err.(*PinError).Text, maxName+3)
		}
	})
}

// TestHugeCertificate has a server show certificates with 10,000 names and
// with a long subject.
func TestHugeCertificate(t *testing.T) {
	names := make([]string, 10_000)
	for i := range names {
		names[i] = "n" + strconv.Itoa(i) + ".x"
	}
	many := testutil.Issue(t, nil, "ecdsa", testutil.ForServer(names...))
	long := testutil.Issue(t, nil, "ecdsa", func(c *x509.Certificate) { c.Subject.CommonName = strings.Repeat("\x1b[31mred", 10_000) })
	for _, leaf := range []*testutil.Cert{many, long} {
		c, s := handshakes(t, Config{TrustFile: leaf.CertFile}, Config{CertFile: leaf.CertFile, KeyFile: leaf.KeyFile}, "localhost")
		if !as(func(e *WrongNameError) bool {
			checkShown(t, e.Certificate.Subject, 2*maxText)
			return len(e.Certificate.Names) <= manyNames
		})(c.err) || s.err == nil {
			t.Error(c.err, s.err)
		}
	}
	// One of 1 MiB is more than crypto/tls takes.
	vast := testutil.Issue(t, nil, "ecdsa", func(c *x509.Certificate) { c.Subject.CommonName = strings.Repeat("x", 1<<20) })
	c, s := handshakes(t, Config{NoVerify: true}, Config{CertFile: vast.CertFile, KeyFile: vast.KeyFile}, "localhost")
	if !as(func(e *ProtocolFailure) bool { return len(e.Why) <= maxText+3 })(c.err) {
		t.Error(c.err, s.err)
	}
}
