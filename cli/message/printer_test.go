package main

import (
	"net"
	"strings"
	"syscall"
	"testing"
)

// An accepting is as much of a connection as the messages ask for.
type accepting struct {
	net.Conn
	local, remote net.Addr
}

func (c accepting) LocalAddr() net.Addr  { return c.local }
func (c accepting) RemoteAddr() net.Addr { return c.remote }

// The name of a Unix socket is shown whole and as nothing that a terminal
// obeys, and one that there is not is not shown.
func TestUnixNamesSaid(t *testing.T) {
	at := func(network, name string) net.Addr { return &net.UnixAddr{Name: name, Net: network} }
	op := func(op string, remote net.Addr, err error) error {
		return &net.OpError{Op: op, Net: remote.Network(), Addr: remote, Err: err}
	}
	for want, say := range map[string]func(*speaker){
		`Connection received on @a\x1b[31m\nb:1`: func(s *speaker) {
			s.accepted(accepting{local: at("unixgram", "own"), remote: at("unixgram", "@a\x1b[31m\nb:1")})
		},
		"Connection received on own:2": func(s *speaker) {
			s.accepted(accepting{local: at("unixgram", "own:2"), remote: at("unixgram", "")})
		},
		"Connection received on own:3": func(s *speaker) {
			s.accepted(accepting{local: at("unix", "own:3"), remote: at("unix", "@")})
		},
		"Connection received on 10.0.0.1 80": func(s *speaker) {
			s.accepted(accepting{local: &net.TCPAddr{}, remote: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 80}})
		},
		"gonc: connection closed: there are 4 already (--max-conns)":          func(s *speaker) { s.refused(at("unix", "@"), 4) },
		"gonc: connection from a:5 closed: there are 5 already (--max-conns)": func(s *speaker) { s.refused(at("unixgram", "a:5"), 5) },
		"gonc: send to a:6 (unixgram) failed: No such file or directory":      func(s *speaker) { s.ended(nil, op("write", at("unixgram", "a:6"), syscall.ENOENT)) },
		"gonc: send to a socket without a name (unixgram) failed: Destination address required": func(s *speaker) {
			s.ended(nil, op("write", at("unixgram", ""), syscall.EDESTADDRREQ))
		},
		"gonc: receive from a:7 (unixgram) failed: Message too long": func(s *speaker) {
			s.ended(nil, op("read", at("unixgram", "a:7"), syscall.EMSGSIZE))
		},
	} {
		var said strings.Builder
		say(&speaker{dialect: dialects[0], level: 1, w: &said})
		if line, _, _ := strings.Cut(said.String(), "\n"); line != want {
			t.Errorf("%s\nwant %s", line, want)
		}
	}
}
