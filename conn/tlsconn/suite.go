package tlsconn

import (
	"crypto/tls"
	"fmt"
	"strings"
)

// A VersionError is a version of TLS that there is not, or a minimum above the
// maximum.
type VersionError struct {
	Text string // the version, or empty
	Min  string // with Max, where Text is empty
	Max  string
}

func (e *VersionError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("the lowest version, %s, is above the highest, %s", e.Min, e.Max)
	}
	return fmt.Sprintf("%q is no version of TLS from 1.0 to 1.3", e.Text)
}

// versions reads the lowest and the highest version.
func versions(lowest, highest string) (oldest, newest uint16, err error) {
	oldest, newest = tls.VersionTLS12, tls.VersionTLS13
	if highest != "" {
		if newest, err = parseVersion(highest); err != nil {
			return 0, 0, err
		}
		oldest = min(oldest, newest)
	}
	if lowest != "" {
		if oldest, err = parseVersion(lowest); err != nil {
			return 0, 0, err
		}
	}
	if oldest > newest {
		return 0, 0, &VersionError{Min: lowest, Max: highest}
	}
	return oldest, newest, nil
}

// parseVersion reads a version, with or without TLS or TLSv before it.
func parseVersion(text string) (uint16, error) {
	s := strings.ToLower(text)
	s = strings.TrimPrefix(strings.TrimPrefix(s, "tls"), "v")
	switch s {
	case "1.0", "1":
		return tls.VersionTLS10, nil
	case "1.1":
		return tls.VersionTLS11, nil
	case "1.2":
		return tls.VersionTLS12, nil
	case "1.3":
		return tls.VersionTLS13, nil
	}
	return 0, &VersionError{Text: printable(text, maxName)}
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

// parseSuites reads the names of suites between colons or commas. Empty means
// those that crypto/tls has on.
func parseSuites(list string) ([]uint16, error) {
	if list == "" {
		return nil, nil
	}
	var ids []uint16
	for text := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ':' || r == ',' || r == ' ' }) {
		id, err := parseSuite(text)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if ids == nil {
		return nil, &SuiteError{Text: printable(list, maxName)}
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
