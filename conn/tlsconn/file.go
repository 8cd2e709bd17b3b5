package tlsconn

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// maxFile bounds the size of a PEM file: twenty times what the roots of
// today's systems take.
const maxFile = 4 << 20

// Why a file with certificates or a key can't be used.
var (
	ErrTooLarge      = errors.New("larger than 4 MiB")
	ErrDirectory     = errors.New("is a directory")
	ErrNoPEM         = errors.New("holds no PEM")
	ErrNoCertificate = errors.New("holds no certificate")
	ErrNoKey         = errors.New("holds no private key")
	ErrEncrypted     = errors.New("the key is encrypted")
	ErrMismatch      = errors.New("the key does not belong to the certificate")
	ErrNoCertFile    = errors.New("there is a key and no certificate")
)

// What a FileError is about.
const (
	TrustFile = "trust file"
	CertFile  = "certificate"
	KeyFile   = "key"
)

// A FileError is a file of certificates or keys that can't be used.
type FileError struct {
	What string // TrustFile, CertFile or KeyFile
	Path string
	Err  error // an Err… of this package, an *fs.PathError, or what crypto/x509 says
}

func (e *FileError) Error() string { return fmt.Sprintf("%s %q: %v", e.What, e.Path, e.Err) }

func (e *FileError) Unwrap() error { return e.Err }

// Local returns true.
func (*FileError) Local() bool { return true }

// A KeyReadableError warns that a key file may be read by every user.
type KeyReadableError struct {
	Path string
	Mode os.FileMode
}

func (e *KeyReadableError) Error() string {
	return fmt.Sprintf("key %q may be read by every user (mode %#o)", e.Path, e.Mode)
}

// An OwnExpiredError warns that the own certificate is not valid now.
type OwnExpiredError struct {
	Path                string
	NotBefore, NotAfter time.Time
}

func (e *OwnExpiredError) Error() string {
	return fmt.Sprintf("certificate %q is valid from %v to %v only", e.Path, e.NotBefore, e.NotAfter)
}

// A KeyLogError warns that the key log can't be written.
type KeyLogError struct{ Err error }

func (e *KeyLogError) Error() string { return fmt.Sprintf("key log: %v", e.Err) }

func (e *KeyLogError) Unwrap() error { return e.Err }

// readFile reads a file of at most maxFile bytes; it may be a pipe.
func readFile(path string) ([]byte, os.FileMode, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, 0, err
	case info.IsDir():
		return nil, 0, ErrDirectory
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = ErrTooLarge
	}
	return data, info.Mode(), err
}

// openPrivate opens a file to append to, which only its owner may read if it
// is new.
func openPrivate(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}

// loadTrust reads certificates to trust. Those that can't be parsed are left
// out, as bundles of systems have some, unless that leaves none.
func loadTrust(path string) (*x509.CertPool, error) {
	data, _, err := readFile(path)
	if err != nil {
		return nil, &FileError{TrustFile, path, err}
	}
	pool := x509.NewCertPool()
	found, failed := 0, error(ErrNoPEM)
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		if failed == ErrNoPEM {
			failed = ErrNoCertificate
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			failed = err
			continue
		}
		pool.AddCert(cert)
		found++
	}
	if found == 0 {
		return nil, &FileError{TrustFile, path, failed}
	}
	return pool, nil
}

// loadOwn reads the own certificate, the chain behind it and the key.
func (c *Config) loadOwn() (*tls.Certificate, error) {
	certFile, keyFile := c.CertFile, c.KeyFile
	if certFile == "" {
		certFile = keyFile
	}
	certData, mode, err := readFile(certFile)
	if err != nil {
		return nil, &FileError{CertFile, certFile, err}
	}
	own := &tls.Certificate{}
	if err := addChain(own, certData); err != nil {
		if c.CertFile == "" && err == ErrNoCertificate {
			err = ErrNoCertFile
		}
		return nil, &FileError{CertFile, certFile, err}
	}
	keyData := certData
	if keyFile == "" {
		keyFile = certFile
	} else if keyFile != certFile {
		if keyData, mode, err = readFile(keyFile); err != nil {
			return nil, &FileError{KeyFile, keyFile, err}
		}
	}
	if own.PrivateKey, err = parseKeys(keyData); err == nil {
		err = checkPair(own)
	}
	if err != nil {
		return nil, &FileError{KeyFile, keyFile, err}
	}
	c.warnOfOwn(own.Leaf, certFile, keyFile, mode)
	return own, nil
}

// warnOfOwn reports what is unwise about the own certificate and key.
func (c *Config) warnOfOwn(leaf *x509.Certificate, certFile, keyFile string, mode os.FileMode) {
	if runtime.GOOS != "windows" && mode.IsRegular() && mode&0o004 != 0 {
		c.warn(&KeyReadableError{keyFile, mode.Perm()})
	}
	if now := time.Now(); now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		c.warn(&OwnExpiredError{certFile, leaf.NotBefore, leaf.NotAfter})
	}
}

// addChain adds the certificates of a PEM file to own.
func addChain(own *tls.Certificate, data []byte) error {
	seen := false
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data, seen = rest, true
		if block.Type == "CERTIFICATE" {
			own.Certificate = append(own.Certificate, block.Bytes)
		}
	}
	switch {
	case !seen:
		return ErrNoPEM
	case own.Certificate == nil:
		return ErrNoCertificate
	}
	leaf, err := x509.ParseCertificate(own.Certificate[0])
	own.Leaf = leaf
	return err
}

// parseKeys finds the first private key of a PEM file.
func parseKeys(data []byte) (crypto.PrivateKey, error) {
	for {
		block, rest := pem.Decode(data)
		switch {
		case block == nil:
			return nil, ErrNoKey
		case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, ErrEncrypted
		case block.Type == "PRIVATE KEY" || strings.HasSuffix(block.Type, " PRIVATE KEY"):
			return parseKey(block)
		}
		data = rest
	}
}

// parseKey reads a private key in any of the forms that OpenSSL writes.
func parseKey(block *pem.Block) (crypto.PrivateKey, error) {
	switch block.Type {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	}
	return x509.ParsePKCS8PrivateKey(block.Bytes)
}

// checkPair checks that the key of own belongs to its certificate.
func checkPair(own *tls.Certificate) error {
	signer, ok := own.PrivateKey.(crypto.Signer)
	if !ok {
		return fmt.Errorf("%T can't sign", own.PrivateKey)
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(own.Leaf.PublicKey) {
		return ErrMismatch
	}
	return nil
}
