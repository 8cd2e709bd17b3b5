package proxy

import (
	"strings"
	"testing"
)

// TestDigestVectors are the examples of RFC 7616 section 3.9.1.
func TestDigestVectors(t *testing.T) {
	const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	for algorithm, response := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		ch, ok := parseDigest(`Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=` + algorithm +
			`, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`)
		if !ok {
			t.Fatalf("%s is not understood", algorithm)
		}
		got := ch.answer("Mufasa", "Circle of Life", "GET", "/dir/index.html", cnonce)
		if !strings.Contains(got, `response="`+response+`"`) || !strings.Contains(got, `opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`) {
			t.Errorf("%s: %s lacks %s", algorithm, got, response)
		}
	}
}

func TestDigestRefuses(t *testing.T) {
	for _, value := range []string{
		"", "Basic realm=x", "Digest", `Digest realm="a"`, `Digest nonce="a", algorithm=SHA-512-256`, `Digest nonce="a", algorithm=MD5-sess`,
		`Digest nonce="a", qop="auth-int"`, "Digest nonce=\"a\rb\"", "Digest realm=\"\x00\", nonce=a", `Digest ,,,===",`,
	} {
		if _, ok := parseDigest(value); ok {
			t.Errorf("%q is understood", value)
		}
	}
}

// Quoted strings keep what is escaped in them, there and back.
func TestDigestQuotes(t *testing.T) {
	ch, ok := parseDigest(`digest  NONCE=n , realm = "a \"b\\\" c, nonce=x" ,qop=auth`)
	if !ok || ch.realm != `a "b\" c, nonce=x` || ch.nonce != "n" || !ch.qop {
		t.Fatalf("%+v %v", ch, ok)
	}
	if got := ch.answer(`u"`, "p", "CONNECT", "h:1", "c"); !strings.Contains(got, `username="u\"", realm="a \"b\\\" c, nonce=x"`) {
		t.Error(got)
	}
}
