package record

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// A HashError says that there is no digest of that name here.
type HashError struct{ Name string }

func (e *HashError) Error() string {
	return fmt.Sprintf("%q is not one of sha256, sha512, blake2b", e.Name)
}

// ParseHash returns what makes the hash of that name. blake2b has 512 bits, as
// b2sum(1) prints them.
func ParseHash(name string) (func() hash.Hash, error) {
	switch name {
	case "sha256":
		return sha256.New, nil
	case "sha512":
		return sha512.New, nil
	case "blake2b":
		return func() hash.Hash { return newBlake2b() }, nil
	}
	return nil, &HashError{name}
}

// HashReader returns r with all that it gives added to h.
func HashReader(r io.Reader, h hash.Hash) io.Reader {
	return &tapReader{r, func(p []byte) { h.Write(p) }}
}

// HashWriter returns w with all that it takes added to h.
func HashWriter(w io.Writer, h hash.Hash) io.Writer {
	return &tapWriter{w, func(p []byte) { h.Write(p) }}
}

// SumLine returns the digest in the format of sha256sum(1), for its standard
// input, without the end of the line.
func SumLine(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) + "  -" }
