package proxy

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gonc/internal/http1"
)

// readHTTP reads the head of a request.
func (r *Request) readHTTP() error {
	for {
		r.in.skipEmptyLines()
		if r.in.r < r.in.w {
			done, status := r.head.Parse(r.in.buf[r.in.r:r.in.w])
			switch {
			case status != 0:
				return r.refuseHTTP(status, "sent a request that is not valid HTTP", "")
			case done:
				return r.judgeHTTP()
			}
		}
		if err := r.in.fill(); err != nil {
			return noEOF(err)
		}
	}
}

// skipEmptyLines passes over empty lines before a request line (RFC 9112
// section 2.2).
func (in *input) skipEmptyLines() {
	for in.r < in.w && (in.buf[in.r] == '\n' || in.buf[in.r] == '\r' && in.r+1 < in.w && in.buf[in.r+1] == '\n') {
		in.r++
	}
}

// judgeHTTP looks at a head that is valid.
func (r *Request) judgeHTTP() error {
	line := r.in.buf[r.in.r : r.in.r+r.head.Line]
	line = bytes.TrimSuffix(line, []byte{'\r'})
	method, target, _ := strings.Cut(string(line), " ")
	target, _, _ = strings.Cut(target, " ")
	switch {
	case !r.server.takes("http"):
		return r.refuseHTTP(501, "speaks HTTP, which this server does not take", "This is a proxy for SOCKS.")
	case r.server.login() && !r.loggedIn():
		return r.refuseLogin()
	case method == "CONNECT":
		r.in.r += r.head.Len
		return r.httpTarget(target, 0)
	case method == "TRACE": // it would show the client's fields to its target (RFC 9110 section 9.3.8)
		return r.refuseHTTP(405, "sent a TRACE", "")
	case r.head.Length > 1<<62:
		return r.refuseHTTP(413, "announced a body without an end", "")
	}
	scheme, rest, absolute := strings.Cut(target, "://")
	switch {
	case !absolute || target[0] == '/':
		return r.refuseHTTP(400, "took this proxy for a web server", "This is a proxy. Requests need a whole URL.")
	case !strings.EqualFold(scheme, "http"):
		return r.refuseHTTP(501, "asked for a URL that is not http://", "Only http:// URLs are passed on; use CONNECT for the others.")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	r.Kind = KindForward
	r.path = originForm(method, rest[end:])
	return r.httpTarget(rest[:end], 80)
}

// originForm returns what to ask the target itself for (RFC 9112 sections 3.2.1 and
// 3.2.4).
func originForm(method, path string) string {
	switch {
	case path == "" && method == "OPTIONS":
		return "*"
	case path == "" || path[0] == '?':
		return "/" + path
	}
	return path
}

// httpTarget makes Target of an authority.
func (r *Request) httpTarget(authority string, port uint16) error {
	host, digits := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		host, digits = authority[:i], authority[i+1:]
	}
	if digits != "" {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil {
			return r.refuseHTTP(400, "asked for a port that is none", "")
		}
		port = uint16(n)
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if err := r.setTarget(host, port); err != nil {
		e := err.(*ClientError)
		return r.refuseHTTP(400, e.Why, "")
	}
	return nil
}

// loggedIn reports whether the head has the right Proxy-Authorization.
func (r *Request) loggedIn() bool {
	for name, value := range http1.Fields(r.in.buf[r.in.r : r.in.r+r.head.Len]) {
		if !strings.EqualFold(string(name), "Proxy-Authorization") {
			continue
		}
		scheme, credentials, _ := strings.Cut(string(value), " ")
		login, err := base64.StdEncoding.DecodeString(strings.Trim(credentials, " "))
		user, password, ok := strings.Cut(string(login), ":")
		return strings.EqualFold(scheme, "Basic") && err == nil && ok && r.server.admits(user, password)
	}
	return false
}

// refuseLogin answers a request without a login, or with a wrong one.
func (r *Request) refuseLogin() error {
	r.answerHTTP(407, "Log in to this proxy.", "Proxy-Authenticate: Basic realm=\"proxy\", charset=\"UTF-8\"")
	return &ClientError{Login: true, Why: "did not log in"}
}

// refuseHTTP answers a request that is wrong. why is for the error, text for
// the client; empty, it gets the words of the status.
func (r *Request) refuseHTTP(status int, why, text string) error {
	r.answerHTTP(status, text)
	return &ClientError{Why: why}
}

// answerHTTP sends an answer of this server's own. It is the last one: what
// follows a request that was refused may be its body.
func (r *Request) answerHTTP(status int, text string, fields ...string) error {
	words := http1.StatusText(status)
	if text == "" {
		text = words + "."
	}
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, words)
	for _, f := range append(fields, "Content-Type: text/plain", "Content-Length: "+strconv.Itoa(len(text)+1), "Connection: close") {
		b.WriteString(f + "\r\n")
	}
	b.WriteString("\r\n")
	if r.head.Method != http1.MethodHead {
		b.WriteString(text + "\n")
	}
	_, err := io.WriteString(r.c, b.String())
	return err
}
