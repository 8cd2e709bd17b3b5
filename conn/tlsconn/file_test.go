package tlsconn

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gonc/internal/testutil"
)

func TestBadFiles(t *testing.T) {
	own := testutil.Issue(t, nil, "ecdsa", testutil.ForServer("localhost"))
	other := testutil.Issue(t, nil, "ecdsa")
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	empty := testutil.WriteFile(t, "empty", nil)
	text := testutil.WriteFile(t, "text", []byte("hello\n"))
	huge := testutil.WriteFile(t, "huge", bytes.Repeat(own.Chain, 10<<20/len(own.Chain)+1))
	torn := testutil.WriteFile(t, "torn", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Cert.Raw[:100]}))
	locked := testutil.WriteFile(t, "locked", pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}))
	old := testutil.WriteFile(t, "old", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte("x")}))
	pair := func(cert, key string) Config { return Config{CertFile: cert, KeyFile: key} }
	tests := []struct {
		name string
		cfg  Config
		what string
		err  error // nil: any
	}{
		{"trust missing", Config{TrustFile: missing}, TrustFile, fs.ErrNotExist},
		{"trust directory", Config{TrustFile: dir}, TrustFile, ErrDirectory},
		{"trust empty", Config{TrustFile: empty}, TrustFile, ErrNoPEM},
		{"trust text", Config{TrustFile: text}, TrustFile, ErrNoPEM},
		{"trust key", Config{TrustFile: own.KeyFile}, TrustFile, ErrNoCertificate},
		{"trust huge", Config{TrustFile: huge}, TrustFile, ErrTooLarge},
		{"trust torn", Config{TrustFile: torn}, TrustFile, nil},
		{"trust endless", Config{TrustFile: "/dev/zero"}, TrustFile, ErrTooLarge},
		{"cert missing", pair(missing, own.KeyFile), CertFile, fs.ErrNotExist},
		{"cert directory", pair(dir, own.KeyFile), CertFile, ErrDirectory},
		{"cert text", pair(text, own.KeyFile), CertFile, ErrNoPEM},
		{"cert is a key", pair(own.KeyFile, own.KeyFile), CertFile, ErrNoCertificate},
		{"cert torn", pair(torn, own.KeyFile), CertFile, nil},
		{"cert huge", pair(huge, own.KeyFile), CertFile, ErrTooLarge},
		{"key missing", pair(own.CertFile, missing), KeyFile, fs.ErrNotExist},
		{"key directory", pair(own.CertFile, dir), KeyFile, ErrDirectory},
		{"key encrypted", pair(own.CertFile, locked), KeyFile, ErrEncrypted},
		{"key encrypted the old way", pair(own.CertFile, old), KeyFile, ErrEncrypted},
		{"key is a cert", pair(own.CertFile, own.CertFile), KeyFile, ErrNoKey},
		{"no key", pair(own.CertFile, ""), KeyFile, ErrNoKey},
		{"no cert", pair("", own.KeyFile), CertFile, ErrNoCertFile},
		{"mismatch", pair(own.CertFile, other.KeyFile), KeyFile, ErrMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if strings.HasPrefix(tt.cfg.TrustFile, "/dev") && runtime.GOOS == "windows" {
				t.Skip("no /dev")
			}
			wantFileError(t, &tt.cfg, tt.what, tt.err)
		})
	}
}

// wantFileError checks that cfg makes neither a client nor a server, and that the
// *FileError of both says what is wrong with which file, soon.
func wantFileError(t *testing.T, cfg *Config, what string, want error) {
	t.Helper()
	begin := time.Now()
	_, cerr := cfg.Client()
	_, serr := cfg.Server()
	for _, err := range []error{cerr, serr} {
		var e *FileError
		if !errors.As(err, &e) || e.What != what || want != nil && !errors.Is(err, want) {
			t.Errorf("%v", err)
		}
	}
	if took := time.Since(begin); took > limit {
		t.Errorf("it took %v", took)
	}
}

// TestKeyForms has keys in all the forms that openssl writes, and one file for
// both.
func TestKeyForms(t *testing.T) {
	openssl := tool(t, "openssl")
	for _, args := range [][]string{
		{"genrsa", "-traditional", "2048"}, {"genrsa", "2048"},
		{"ecparam", "-genkey", "-name", "prime256v1"}, {"ecparam", "-genkey", "-noout", "-name", "secp384r1"},
		{"genpkey", "-algorithm", "ed25519"},
	} {
		key, err := exec.Command(openssl, args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		keyFile := testutil.WriteFile(t, "key", key)
		cert, err := exec.Command(openssl, "req", "-x509", "-key", keyFile, "-subj", "/CN=x", "-days", "2").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, both := range [][]byte{append(key, cert...), append(cert, key...)} {
			if _, err := (&Config{CertFile: testutil.WriteFile(t, "both", both)}).Server(); err != nil {
				t.Errorf("%v: %v", args, err)
			}
		}
		if _, err := (&Config{CertFile: testutil.WriteFile(t, "cert", cert), KeyFile: keyFile}).Client(); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	var warnings []error
	expired := testutil.Issue(t, nil, "ecdsa", func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Unix(0, 0), time.Unix(1e9, 0) })
	os.Chmod(expired.KeyFile, 0o644)
	cfg := Config{CertFile: expired.CertFile, KeyFile: expired.KeyFile, KeyLog: t.TempDir(), OnWarning: func(err error) { warnings = append(warnings, err) }}
	if _, err := cfg.Server(); err != nil {
		t.Fatal(err)
	}
	var log *KeyLogError
	var readable *KeyReadableError
	var old *OwnExpiredError
	all := errors.Join(warnings...)
	if !errors.As(all, &log) || !errors.As(all, &old) || old.NotAfter.Unix() != 1e9 {
		t.Errorf("%v", all)
	}
	if runtime.GOOS != "windows" && (!errors.As(all, &readable) || readable.Path != expired.KeyFile) {
		t.Errorf("%v", all)
	}
}

func TestKeyLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for range 2 {
		c, s := handshakes(t, Config{NoVerify: true, KeyLog: path}, Config{}, "localhost")
		if c.err != nil || s.err != nil {
			t.Fatal(c.err, s.err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil || bytes.Count(data, []byte("CLIENT_TRAFFIC_SECRET_0 ")) != 2 {
		t.Errorf("%s, %v", data, err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

func TestBadLists(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	for _, pins := range []string{"x", "sha256//", "sha256//AAAA", "sha1//" + sum, sum[1:], sum + "0", sum + ";", ";", " ", "sha256//" + sum,
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", strings.Repeat("z", 1<<20)} {
		_, err := (&Config{Pins: pins}).Client()
		if !as(func(e *PinError) bool { return len(e.Text) <= maxName+3 })(err) {
			t.Errorf("%.80q: %v", pins, err)
		}
	}
	for _, suites := range []string{"x", "", "ECDHE-RSA-AES128-GCM-SHA256:x", "ALL", "TLS_AES_128_GCM_SHA256", "\x1b[31m"} {
		_, err := (&Config{Ciphers: strings.Split(suites, ":")}).Server()
		if !as(func(e *SuiteError) bool {
			return e.TLS13 == (e.Text == "TLS_AES_128_GCM_SHA256") && !strings.Contains(err.Error(), "\x1b")
		})(err) {
			t.Errorf("%q: %v", suites, err)
		}
	}
}
