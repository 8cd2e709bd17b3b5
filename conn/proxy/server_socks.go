package proxy

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
)

// The replies of SOCKS 4.
const (
	socks4Granted  = 90
	socks4Rejected = 91
)

// The longest user id and name of SOCKS 4, which has no limit of its own.
const socks4FieldMax = 255

// readSOCKS4 reads VN, CD, port, address, user id, NUL, and behind an address
// 0.0.0.x with x not 0 a name and NUL: SOCKS 4a.
func (r *Request) readSOCKS4() error {
	b, err := r.in.take(8)
	if err != nil {
		return err
	}
	command, port, ip := b[1], binary.BigEndian.Uint16(b[2:]), netip.AddrFrom4([4]byte(b[4:]))
	named := b[4] == 0 && b[5] == 0 && b[6] == 0 && b[7] != 0
	if _, err = r.in.takeUntilNUL(socks4FieldMax); err != nil {
		return r.refuseSOCKS4(err)
	}
	host := ip.String()
	if named {
		r.Protocol = "socks4a"
		if host, err = r.in.takeUntilNUL(socks4FieldMax); err != nil {
			return r.refuseSOCKS4(err)
		}
	}
	switch {
	case !r.server.takes("socks4"):
		err = &ClientError{Why: "speaks SOCKS 4, which this server does not take"}
	case r.server.login():
		err = &ClientError{Login: true, Why: "speaks SOCKS 4, which has no login"}
	case command != 1:
		err = &ClientError{Why: "asked for something other than a connection"}
	default:
		err = r.setTarget(host, port)
	}
	return r.refuseSOCKS4(err)
}

// refuseSOCKS4 answers a request that is wrong, and returns err.
func (r *Request) refuseSOCKS4(err error) error {
	if _, ok := err.(*ClientError); ok {
		r.c.Write(socks4Answer(socks4Rejected))
	}
	return err
}

// socks4Answer returns an answer: VN 0, CD, and six bytes that mean nothing to CONNECT.
func socks4Answer(code byte) []byte { return []byte{0, code, 0, 0, 0, 0, 0, 0} }

// readSOCKS5 reads the methods, the login if there is one, and the request
// (RFC 1928 sections 3 and 4).
func (r *Request) readSOCKS5() error {
	b, err := r.in.take(2)
	if err != nil {
		return err
	}
	methods, err := r.in.take(int(b[1]))
	if err != nil {
		return err
	}
	if err := r.chooseMethod(methods); err != nil {
		return err
	}
	if b, err = r.in.take(4); err != nil {
		return err
	}
	if b[0] != 5 || b[2] != 0 {
		return r.refuseSOCKS5(socks5General, &ClientError{Why: "sent a request that is not SOCKS 5"})
	}
	return r.socks5Target(b[1], b[3])
}

// chooseMethod answers the methods that a client offers, and has it log in.
func (r *Request) chooseMethod(offered []byte) error {
	const none, password, unacceptable = 0, 2, 0xff
	want := byte(none)
	if r.server.login() {
		want = password
	}
	var refused error
	switch {
	case !r.server.takes("socks5"):
		refused = &ClientError{Why: "speaks SOCKS 5, which this server does not take"}
	case bytes.IndexByte(offered, want) < 0:
		refused = &ClientError{Login: want == password, Why: "offers no login that this server takes"}
	}
	if refused != nil {
		r.c.Write([]byte{5, unacceptable})
		return refused
	}
	if _, err := r.c.Write([]byte{5, want}); err != nil {
		return err
	}
	if want == none {
		return nil
	}
	return r.takeLogin()
}

// takeLogin reads and checks a login (RFC 1929).
func (r *Request) takeLogin() error {
	b, err := r.in.take(2)
	if err != nil {
		return err
	}
	if b[0] != 1 {
		return &ClientError{Login: true, Why: "sent a login that is not SOCKS 5"}
	}
	if b, err = r.in.take(int(b[1]) + 1); err != nil {
		return err
	}
	user, n := string(b[:len(b)-1]), int(b[len(b)-1])
	if b, err = r.in.take(n); err != nil {
		return err
	}
	if !r.server.admits(user, string(b)) {
		r.c.Write([]byte{1, 1})
		return &ClientError{Login: true, Why: "gave the wrong user or password"}
	}
	_, err = r.c.Write([]byte{1, 0})
	return err
}

// socks5Target reads the address of a request and judges its command.
func (r *Request) socks5Target(command, kind byte) error {
	host, port, err := r.socks5Address(kind)
	if err != nil {
		return err
	}
	switch command {
	case 1:
		if err := r.setTarget(host, port); err != nil {
			return r.refuseSOCKS5(socks5General, err)
		}
		return nil
	case 3:
		r.Kind = KindAssociate
		// RFC 1928 section 4: zeros where the client does not know yet.
		if ip, err := netip.ParseAddr(host); err == nil && port != 0 {
			return r.setTarget(ip.String(), port)
		}
		return nil
	}
	return r.refuseSOCKS5(socks5Command, &ClientError{Why: "asked for something other than a connection or datagrams"})
}

// socks5Address reads an address of the given kind, and a port.
func (r *Request) socks5Address(kind byte) (host string, port uint16, err error) {
	var b []byte
	switch kind {
	case 1:
		b, err = r.in.take(4)
	case 4:
		b, err = r.in.take(16)
	case 3:
		if b, err = r.in.take(1); err == nil {
			b, err = r.in.take(int(b[0]))
		}
	default:
		return "", 0, r.refuseSOCKS5(socks5Kind, &ClientError{Why: "sent an address of a kind that SOCKS 5 does not have"})
	}
	if err != nil {
		return "", 0, err
	}
	if host = string(b); kind != 3 {
		ip, _ := netip.AddrFromSlice(b)
		host = ip.Unmap().String()
	}
	if b, err = r.in.take(2); err != nil {
		return "", 0, err
	}
	return host, binary.BigEndian.Uint16(b), nil
}

// refuseSOCKS5 answers a request that is wrong, and returns err.
func (r *Request) refuseSOCKS5(code byte, err error) error {
	r.c.Write(socks5Answer(code, nil))
	return err
}

// socks5Answer returns a reply (RFC 1928 section 6).
func socks5Answer(code byte, bound net.Addr) []byte {
	at := netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	if bound != nil {
		if known, err := netip.ParseAddrPort(bound.String()); err == nil {
			at = known
		}
	}
	return appendSOCKS5Address([]byte{5, code, 0}, at)
}

// appendSOCKS5Address appends the kind of an address, the address and the port.
func appendSOCKS5Address(b []byte, at netip.AddrPort) []byte {
	ip := at.Addr().Unmap().WithZone("")
	kind := byte(4)
	if ip.Is4() {
		kind = 1
	}
	b = append(append(b, kind), ip.AsSlice()...)
	return binary.BigEndian.AppendUint16(b, at.Port())
}
