package cli

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// tlsDir is the directory of tlsFiles, once there is one. TestMain removes it.
var (
	tlsDir  string
	tlsOnce sync.Mutex
)

// tlsFiles returns a directory with certificates and keys of all kinds, the
// same for all tests: NAME.pem with the chain and NAME.key.
func tlsFiles(t *testing.T) string {
	t.Helper()
	tlsOnce.Lock()
	defer tlsOnce.Unlock()
	if tlsDir == "" {
		dir, err := os.MkdirTemp("", "gonc-tls")
		check(t, err)
		tlsDir = dir
		makeTLSFiles(t, dir)
	}
	return tlsDir
}

func makeTLSFiles(t *testing.T, dir string) {
	t.Helper()
	put := func(name string, c *testutil.Cert) {
		key, err := os.ReadFile(c.KeyFile)
		check(t, err)
		writeTLS(t, filepath.Join(dir, name+".pem"), c.Chain)
		writeTLS(t, filepath.Join(dir, name+".key"), key)
		writeTLS(t, filepath.Join(dir, name+".both"), append(key, c.Chain...))
	}
	root := testutil.Issue(t, nil, "ecdsa", testutil.Authority("root"))
	middle := testutil.Issue(t, root, "rsa", testutil.Authority("middle"))
	own := testutil.ForServer("localhost", "127.0.0.1", "::1")
	past := func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Unix(1e9, 0), time.Unix(1.1e9, 0) }
	put("ca", root)
	put("other", testutil.Issue(t, nil, "ecdsa", testutil.Authority("other")))
	put("server", testutil.Issue(t, root, "ecdsa", own))
	put("rsa", testutil.Issue(t, middle, "rsa", own))
	put("ed25519", testutil.Issue(t, middle, "ed25519", own))
	put("elsewhere", testutil.Issue(t, root, "ecdsa", testutil.ForServer("example.org", "www.example.org")))
	put("expired", testutil.Issue(t, root, "ecdsa", own, past))
	put("early", testutil.Issue(t, root, "ecdsa", own, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(30 * time.Minute) }))
	put("self", testutil.Issue(t, nil, "ecdsa", own))
	put("client", testutil.Issue(t, root, "ecdsa", testutil.ForClient))
	put("stranger", testutil.Issue(t, nil, "ecdsa", testutil.ForClient))
	writeTLS(t, filepath.Join(dir, "locked.key"), []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"))
	writeTLS(t, filepath.Join(dir, "text"), []byte("hello\n"))
	writeTLS(t, filepath.Join(dir, "huge"), []byte(strings.Repeat(string(root.Chain), 10<<20/len(root.Chain)+1)))
}

func writeTLS(t *testing.T, path string, data []byte) {
	t.Helper()
	check(t, os.WriteFile(path, data, 0o600))
}
