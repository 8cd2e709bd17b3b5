package proxy

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// A Challenge is what a proxy asks for by Digest (RFC 7616 section 3.3).
type Challenge struct {
	realm, nonce, opaque string
	hasOpaque            bool
	algorithm            string // as sent; empty: MD5
	qop                  bool   // auth is offered; else the response is that of RFC 2069
	sum                  func(string) string
}

// parseDigest reads the value of a Proxy-Authenticate field. ok is false for
// what is not Digest, or one that cannot be answered here.
func parseDigest(value string) (ch Challenge, ok bool) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return ch, false
	}
	auth := true
	for rest != "" {
		var name, text string
		name, text, rest = nextParameter(rest)
		switch strings.ToLower(name) {
		case "realm":
			ch.realm = text
		case "nonce":
			ch.nonce = text
		case "opaque":
			ch.opaque, ch.hasOpaque = text, true
		case "algorithm":
			ch.algorithm = text
		case "qop":
			auth = hasToken(text, "auth")
			ch.qop = auth
		}
	}
	switch strings.ToUpper(ch.algorithm) {
	case "", "MD5":
		ch.sum = func(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) }
	case "SHA-256":
		ch.sum = func(s string) string { b := sha256.Sum256([]byte(s)); return hex.EncodeToString(b[:]) }
	}
	sendable := hasNoControl(ch.realm + ch.nonce + ch.opaque) // no line may begin in what is sent back
	return ch, auth && sendable && ch.nonce != "" && ch.sum != nil
}

// nextParameter splits the first name=value off a list with commas. A value
// may be a quoted string (RFC 9110 section 5.6.4).
func nextParameter(list string) (name, value, rest string) {
	name, rest, _ = strings.Cut(strings.TrimLeft(list, " \t,"), "=")
	name, rest = strings.TrimSpace(name), strings.TrimLeft(rest, " \t")
	if !strings.HasPrefix(rest, `"`) {
		value, rest, _ = strings.Cut(rest, ",")
		return name, strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '"':
			return name, b.String(), rest[i+1:]
		case c == '\\' && i+1 < len(rest):
			i++
			b.WriteByte(rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return name, b.String(), ""
}

func hasToken(list, token string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(t), token) {
			return true
		}
	}
	return false
}

// answer returns the value of Proxy-Authorization for one request (RFC 7616
// section 3.4). A nonce is used once, so its count is always 1.
func (ch *Challenge) answer(user, password, method, uri, cnonce string) string {
	const count = "00000001"
	secret, request := ch.sum(user+":"+ch.realm+":"+password), ch.sum(method+":"+uri)
	response := ch.sum(secret + ":" + ch.nonce + ":" + request)
	if ch.qop {
		response = ch.sum(strings.Join([]string{secret, ch.nonce, count, cnonce, "auth", request}, ":"))
	}
	text := fmt.Sprintf("Digest username=%s, realm=%s, nonce=%s, uri=%s, response=%s",
		quoted(user), quoted(ch.realm), quoted(ch.nonce), quoted(uri), quoted(response))
	if ch.algorithm != "" {
		text += ", algorithm=" + strings.ToUpper(ch.algorithm)
	}
	if ch.hasOpaque {
		text += ", opaque=" + quoted(ch.opaque)
	}
	if ch.qop {
		text += ", qop=auth, nc=" + count + ", cnonce=" + quoted(cnonce)
	}
	return text
}

func quoted(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }

// authorization returns what p says to log in for a CONNECT to uri: by Digest
// once the proxy has asked for that, and else by Basic.
func (p *Proxy) authorization(uri string) (string, error) {
	switch {
	case !hasNoControl(p.User + p.Password):
		return "", &Error{Why: "can't be given a login with control characters"}
	case p.Digest != nil:
		return p.Digest.answer(p.User, p.Password, "CONNECT", uri, rand.Text()), nil
	}
	return p.basic()
}
