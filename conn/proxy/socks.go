package proxy

import (
	"fmt"
	"io"
	"net"
)

// golang.org/x/net/proxy speaks SOCKS5 too, but says what a proxy answered only
// as text, can't tell a refused login from a broken connection, and knows
// neither SOCKS4 nor a proxy that turns out to speak HTTP.

// socks4Reply returns the words of the SOCKS4 memo (Ying-Da Lee, "SOCKS: A
// protocol for TCP proxy across firewalls") for the codes that are not 90.
func socks4Reply(code byte) string {
	switch code {
	case 91:
		return "request rejected or failed"
	case 92:
		return "SOCKS server cannot connect to identd on the client"
	case 93:
		return "client program and identd report different user-ids"
	}
	return fmt.Sprintf("unknown reply %d", code)
}

// socks5Reply returns the words of RFC 1928 section 6.
func socks5Reply(code byte) string {
	switch code {
	case 1:
		return "general SOCKS server failure"
	case 2:
		return "connection not allowed by ruleset"
	case 3:
		return "network unreachable"
	case 4:
		return "host unreachable"
	case 5:
		return "connection refused"
	case 6:
		return "TTL expired"
	case 7:
		return "command not supported"
	case 8:
		return "address type not supported"
	}
	return fmt.Sprintf("unknown reply %d", code)
}

func errSOCKS4Family() error {
	return &Error{Why: "can't carry IPv6: SOCKS4 has IPv4 addresses only", Hint: HintUseIPv6Type}
}

// requestSOCKS4 asks a SOCKS4 or SOCKS4A proxy to connect to h.
func (p *Proxy) requestSOCKS4(c net.Conn, h hop) error {
	req, err := p.socks4Request(h)
	if err != nil {
		return err
	}
	if _, err := c.Write(req); err != nil {
		return err
	}
	return readSOCKS4(c)
}

// socks4Request returns a request: VN 4, CD 1, port, address, user id, NUL. A name, which only
// SOCKS4A has, follows after an address of 0.0.0.x with x not 0.
func (p *Proxy) socks4Request(h hop) ([]byte, error) {
	switch {
	case h.ip.Is6():
		return nil, errSOCKS4Family()
	case !h.ip.IsValid() && p.Type == "socks4":
		return nil, &Error{Why: "can't carry a name: SOCKS4 has IPv4 addresses only", Hint: HintUseSOCKS4A}
	case p.Password != "":
		return nil, &Error{Why: "can't be given a password: SOCKS4 knows only a user", Hint: HintUseSOCKS5}
	case !hasNoControl(p.User):
		return nil, &Error{Why: "can't be given a user with control characters"}
	}
	req := []byte{4, 1, byte(h.port >> 8), byte(h.port)}
	if h.ip.IsValid() {
		req = append(req, h.ip.AsSlice()...)
		return append(append(req, p.User...), 0), nil
	}
	req = append(req, 0, 0, 0, 1)
	req = append(append(req, p.User...), 0)
	return append(append(req, h.name...), 0), nil
}

// readSOCKS4 reads the answer: eight bytes, whatever it says.
func readSOCKS4(r io.Reader) error {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return err
	}
	if b[0] != 0 {
		return errNotSOCKS("SOCKS4", b[:2])
	}
	if b[1] != 90 {
		return socksError(b[1], socks4Reply(b[1]))
	}
	return readRest(r, b[2:])
}

// requestSOCKS5 has a proxy of SOCKS5 connect to h.
func (p *Proxy) requestSOCKS5(c net.Conn, h hop) error {
	// RFC 1929 section 2: one octet for the length of each.
	if len(p.User) > 255 || len(p.Password) > 255 {
		return &Error{Why: "can't be given a login with a user or a password of more than 255 bytes"}
	}
	if err := p.socks5Method(c); err != nil {
		return err
	}
	if _, err := c.Write(socks5Request(h)); err != nil {
		return err
	}
	return readSOCKS5(c)
}

// socks5Method settles on a method (RFC 1928 section 3) and logs in if the
// proxy chose so. "No login" is offered even if there is one, as curl and
// OpenSSH do: a proxy that wants none need not know what it is.
func (p *Proxy) socks5Method(c net.Conn) error {
	const none, password = 0, 2
	offer := []byte{5, 1, none}
	if p.hasLogin() {
		offer = []byte{5, 2, none, password}
	}
	if _, err := c.Write(offer); err != nil {
		return err
	}
	var b [2]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return err
	}
	switch {
	case b[0] != 5:
		return errNotSOCKS("SOCKS5", b[:])
	case b[1] == none:
		return nil
	case b[1] == password && p.hasLogin():
		return p.socks5Login(c)
	case p.hasLogin():
		return &Error{Login: true, Why: "takes no login of user and password"}
	}
	return &Error{Login: true, Why: "wants a login", Hint: HintLogin}
}

// socks5Login logs in (RFC 1929).
func (p *Proxy) socks5Login(c net.Conn) error {
	req := append([]byte{1, byte(len(p.User))}, p.User...)
	req = append(append(req, byte(len(p.Password))), p.Password...)
	if _, err := c.Write(req); err != nil {
		return err
	}
	var b [2]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return noEOF(err)
	}
	if b[0] != 1 {
		return errNotSOCKS("SOCKS5", b[:])
	}
	if b[1] != 0 {
		return p.errLogin()
	}
	return nil
}

// socks5Request returns a request (RFC 1928 section 4).
func socks5Request(h hop) []byte {
	req := []byte{5, 1, 0}
	switch {
	case h.ip.Is4():
		req = append(append(req, 1), h.ip.AsSlice()...)
	case h.ip.Is6():
		req = append(append(req, 4), h.ip.AsSlice()...)
	default:
		req = append(append(req, 3, byte(len(h.name))), h.name...)
	}
	return append(req, byte(h.port>>8), byte(h.port))
}

// readSOCKS5 reads the answer of RFC 1928 section 6, whose length depends on
// the kind of address in it. That of a refusal is left unread: there are
// proxies that end it early.
func readSOCKS5(r io.Reader) error {
	var b [4]byte
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return noEOF(err)
	}
	if b[0] != 5 {
		return errNotSOCKS("SOCKS5", b[:2])
	}
	if b[1] != 0 {
		return socksError(b[1], socks5Reply(b[1]))
	}
	if err := readRest(r, b[2:]); err != nil {
		return err
	}
	var address [255 + 2]byte
	n := 0
	switch b[3] {
	case 1:
		n = 4
	case 4:
		n = 16
	case 3:
		if err := readRest(r, address[:1]); err != nil {
			return err
		}
		n = int(address[0])
	default:
		return &Error{Why: fmt.Sprintf("answered with an address of type %d, which SOCKS5 does not have", b[3])}
	}
	return readRest(r, address[:n+2])
}

// readRest reads what has to follow.
func readRest(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	return noEOF(err)
}

// noEOF turns an EOF between two parts of an answer into io.ErrUnexpectedEOF.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func socksError(code byte, words string) error {
	return &Error{Code: int(code), Reply: words, Why: words}
}

// errNotSOCKS returns the error of an answer that does not begin like one of
// protocol.
func errNotSOCKS(protocol string, answer []byte) error {
	e := &Error{Why: fmt.Sprintf("does not speak %s: it answered \"%s\"", protocol, escape(string(answer)))}
	switch {
	case string(answer) == "HT":
		e.Hint = HintTypeHTTP
	case protocol == "SOCKS4" && answer[0] == 5:
		e.Hint = HintTypeSOCKS5
	case protocol == "SOCKS5" && answer[0] == 0 && answer[1] >= 90 && answer[1] <= 93:
		e.Hint = HintTypeSOCKS4
	}
	return e
}

func (p *Proxy) hasLogin() bool { return p.User != "" || p.Password != "" }

// errLogin returns the error of a login that was sent and refused.
func (p *Proxy) errLogin() *Error {
	return &Error{Login: true, Why: fmt.Sprintf("refused the login of user %q", p.User),
		Hint: HintCheckLogin}
}

// hasNoControl reports whether s has no control characters, one of which would end
// a field of a request.
func hasNoControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
