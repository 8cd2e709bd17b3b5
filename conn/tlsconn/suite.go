package tlsconn

import (
	"crypto/tls"
	"fmt"
	"strings"
)

// versions returns the lowest and the highest version where those of a Config
// may be zero.
func versions(lowest, highest uint16) (oldest, newest uint16) {
	if highest == 0 {
		highest = tls.VersionTLS13
	}
	if lowest == 0 {
		lowest = min(tls.VersionTLS12, highest)
	}
	return lowest, highest
}

// A SuiteError is a suite that can't be chosen.
type SuiteError struct {
	Text  string
	TLS13 bool // it is one of TLS 1.3, where there is nothing to choose
}

func (e *SuiteError) Error() string {
	if e.TLS13 {
		return fmt.Sprintf("%s is a cipher suite of TLS 1.3, which are always all on", e.Text)
	}
	return fmt.Sprintf("there is no cipher suite %q", e.Text)
}

// Local returns true.
func (*SuiteError) Local() bool { return true }

// parseSuites finds suites by their names. None means those that crypto/tls has
// on.
func parseSuites(names []string) ([]uint16, error) {
	var ids []uint16
	for _, text := range names {
		id, err := parseSuite(text)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// parseSuite finds a suite of TLS 1.2 or below by its name.
func parseSuite(text string) (uint16, error) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if !strings.EqualFold(s.Name, text) && !strings.EqualFold(openSSLName(s.Name), text) {
			continue
		}
		if len(s.SupportedVersions) == 1 && s.SupportedVersions[0] == tls.VersionTLS13 {
			return 0, &SuiteError{Text: s.Name, TLS13: true}
		}
		return s.ID, nil
	}
	return 0, &SuiteError{Text: printable(text, maxName)}
}

// openSSLName returns the name that OpenSSL has for the suite with the IANA
// name (ciphers(1)): TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is
// ECDHE-RSA-AES128-GCM-SHA256.
func openSSLName(iana string) string {
	exchange, cipher, ok := strings.Cut(strings.TrimPrefix(iana, "TLS_"), "_WITH_")
	if !ok {
		return iana
	}
	cipher = strings.Replace(cipher, "AES_", "AES", 1)
	switch cipher {
	case "CHACHA20_POLY1305_SHA256":
		cipher = "CHACHA20_POLY1305"
	case "3DES_EDE_CBC_SHA":
		cipher = "DES_CBC3_SHA"
	case "RC4_128_SHA":
		cipher = "RC4_SHA"
	}
	if strings.HasPrefix(cipher, "AES") {
		cipher = strings.Replace(cipher, "_CBC_", "_", 1)
	}
	if exchange != "RSA" {
		cipher = exchange + "_" + cipher
	}
	return strings.ReplaceAll(cipher, "_", "-")
}
