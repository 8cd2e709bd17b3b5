package proxy

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// maxHead is the most bytes that a proxy may say before the tunnel begins, in
// the heads of all its answers together. Those of real ones have some hundred;
// what has no end must not be read to it.
const maxHead = 16 << 10

// requestHTTP asks an HTTP proxy to connect to h (RFC 9110 section 9.3.6).
func (p *Proxy) requestHTTP(c net.Conn, h hop) error {
	req, err := p.connectRequest(h)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(c, req); err != nil {
		return err
	}
	return p.readConnect(c)
}

// connectRequest returns a request in the authority form (RFC 9112 section 3.2.3).
// The login is sent at once: it was given to be used, and a proxy that has to ask
// for it may close the connection.
func (p *Proxy) connectRequest(h hop) (string, error) {
	host := h.name
	if h.ip.IsValid() {
		host = h.ip.String()
	}
	authority := net.JoinHostPort(host, strconv.Itoa(int(h.port)))
	req := "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n"
	if p.hasLogin() {
		login, err := p.authorization(authority)
		if err != nil {
			return "", err
		}
		req += "Proxy-Authorization: " + login + "\r\n"
	}
	return req + "\r\n", nil
}

// basic returns the login as RFC 7617 section 2 has it: the first colon ends the
// user.
func (p *Proxy) basic() (string, error) {
	if strings.Contains(p.User, ":") {
		return "", &Error{Why: fmt.Sprintf("can't be given the user %q: Basic has no colon in a user", p.User)}
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(p.User+":"+p.Password)), nil
}

// readConnect reads heads until one is final. Whatever Content-Length and
// Transfer-Encoding say, a 2xx has no body: what follows its head is from the
// target (RFC 9110 section 9.3.6).
func (p *Proxy) readConnect(r io.Reader) error {
	hr := headReader{r: r, left: maxHead}
	for {
		line, err := hr.line()
		if err != nil {
			return err
		}
		code, err := statusCode(line)
		if err != nil {
			return err
		}
		switch {
		case code == 407 || code == 401:
			return p.errWantsLogin(code, line, hr.offers())
		// RFC 9110 section 15.2: 1xx may come before the final answer, unasked;
		// but 101 would be final, and was not asked for.
		case code >= 300 || code == 101:
			return errStatus(code, line)
		}
		if err := hr.skipFields(); err != nil {
			return err
		}
		if code >= 200 {
			return nil
		}
	}
}

// statusCode reads a status line (RFC 9112 section 4). The reason and the space
// before it may be missing, as they often are.
func statusCode(line string) (int, error) {
	const form = "HTTP/1.x nnn"
	ok := len(line) >= len(form) && strings.HasPrefix(line, "HTTP/1.") && '0' <= line[7] && line[7] <= '9' &&
		line[8] == ' ' && line[9] != '0' && (len(line) == len(form) || line[12] == ' ')
	if ok {
		if code, err := strconv.ParseUint(line[9:12], 10, 16); err == nil {
			return int(code), nil
		}
	}
	e := &Error{Why: fmt.Sprintf("does not speak HTTP: it answered \"%s\"", escape(line))}
	if line != "" && (line[0] == 5 || line[0] == 0) {
		e.Hint = HintTypeSOCKS5
	}
	return 0, e
}

func errStatus(code int, line string) error {
	e := &Error{Code: code, Reply: escape(line)}
	e.Why = `it answered "` + e.Reply + `"`
	switch code {
	case 400, 404, 405, 501:
		e.Hint = HintNoConnect
	case 403:
		e.Hint = HintForbidden
	case 502, 503, 504:
		e.Hint = HintTarget
	}
	return e
}

// errWantsLogin returns the error of a 407 (RFC 9110 section 15.5.8) that makes
// offers, and of a 401, which tinyproxy 1.11 answers to a wrong login.
func (p *Proxy) errWantsLogin(code int, line string, offers []string) error {
	e := &Error{Login: true, Why: "wants a login", Hint: HintLogin}
	basic := len(offers) == 0
	var schemes []string
	for _, o := range offers {
		scheme, _, _ := strings.Cut(o, " ")
		schemes = append(schemes, scheme)
		basic = basic || strings.EqualFold(scheme, "Basic")
		if ch, ok := parseDigest(o); ok && e.Digest == nil {
			e.Digest = &ch
		}
	}
	switch {
	case !basic && e.Digest == nil:
		e.Why = fmt.Sprintf("wants a login by \"%s\"", escape(strings.Join(schemes, ", ")))
		e.Hint = HintOnlyBasic
	case p.hasLogin():
		digest := e.Digest
		e = p.errLogin()
		if !basic {
			e.Digest = digest
		}
	}
	e.Code, e.Reply = code, escape(line)
	return e
}

// A headReader reads the head of an answer a byte at a time, because its length
// is not known, and the bytes after it are not the proxy's. A head is short and
// comes once, so the number of calls does not matter.
type headReader struct {
	r    io.Reader
	left int // bytes that may still come
}

// line returns the next line without its end. A lone LF ends one too (RFC 9112
// section 2.2).
func (h *headReader) line() (string, error) {
	var b []byte
	started := h.left < maxHead
	for {
		if h.left == 0 {
			return "", &Error{Why: "does not end its answer"}
		}
		b = append(b, 0)
		if _, err := io.ReadFull(h.r, b[len(b)-1:]); err != nil {
			if started || len(b) > 1 {
				err = noEOF(err)
			}
			return "", err
		}
		h.left--
		if b[len(b)-1] == '\n' {
			return strings.TrimSuffix(string(b[:len(b)-1]), "\r"), nil
		}
	}
}

// skipFields reads to the end of the head.
func (h *headReader) skipFields() error {
	for {
		if line, err := h.line(); err != nil || line == "" {
			return err
		}
	}
}

// offers reads to the end of the head and returns the ways to log in that it
// offers (RFC 9110 sections 11.7.1 and 11.6.1), of each field the first. A head
// that is cut has offered what came so far.
func (h *headReader) offers() (all []string) {
	for {
		line, err := h.line()
		if err != nil || line == "" {
			return all
		}
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "Proxy-Authenticate") || strings.EqualFold(name, "WWW-Authenticate") {
			all = append(all, strings.TrimSpace(value))
		}
	}
}
