package tlsconn

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// keyPin begins the pin of a public key, as curl writes it (--pinnedpubkey in
// curl(1)).
const keyPin = "sha256//"

// A pin is the SHA-256 of a public key or of a certificate.
type pin struct {
	key bool // of the key
	sum [sha256.Size]byte
}

// A PinError is a pin that can't be one.
type PinError struct{ Text string }

func (e *PinError) Error() string {
	return fmt.Sprintf("%q is neither sha256//BASE64 of a public key nor the SHA-256 of a certificate in hex", e.Text)
}

// Local returns true.
func (*PinError) Local() bool { return true }

// parsePins reads pins between semicolons.
func parsePins(list string) ([]pin, error) {
	if list == "" {
		return nil, nil
	}
	var pins []pin
	for text := range strings.SplitSeq(list, ";") {
		p, ok := parsePin(strings.TrimSpace(text))
		if !ok {
			return nil, &PinError{printable(text, maxName)}
		}
		pins = append(pins, p)
	}
	return pins, nil
}

// parsePin reads one pin.
func parsePin(text string) (p pin, ok bool) {
	var sum []byte
	var err error
	if rest, isKey := strings.CutPrefix(text, keyPin); isKey {
		p.key = true
		sum, err = base64.StdEncoding.Strict().DecodeString(rest)
	} else {
		sum, err = hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	}
	if err != nil || len(sum) != len(p.sum) {
		return pin{}, false
	}
	copy(p.sum[:], sum)
	return p, true
}

// matches reports whether cert has p.
func (p *pin) matches(cert *x509.Certificate) bool {
	of := cert.Raw
	if p.key {
		of = cert.RawSubjectPublicKeyInfo
	}
	sum := sha256.Sum256(of)
	return bytes.Equal(sum[:], p.sum[:])
}
