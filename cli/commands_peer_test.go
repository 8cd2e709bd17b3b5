package cli

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// The commands about peers.

func onPeerWith(do func(*peer, []string) error) func(*fixture, []string) error {
	return func(f *fixture, args []string) error {
		p, err := f.peer(args[0])
		if err != nil {
			return err
		}
		return do(p, args[1:])
	}
}

func onPeer(do func(*peer) error) func(*fixture, []string) error {
	return onPeerWith(func(p *peer, _ []string) error { return do(p) })
}

func onPeerText(do func(*peer, []byte) error) func(*fixture, []string) error {
	return onPeerWith(func(p *peer, args []string) error {
		b, err := unescape(args[0])
		if err != nil {
			return err
		}
		return do(p, b)
	})
}

func (f *fixture) peer(name string) (*peer, error) {
	if p := f.peers[name]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("there is no peer %s", name)
}

// addPeer makes p the peer name.
func (f *fixture) addPeer(name string, p *peer, err error) error {
	if err == nil {
		p.patience = f.patience
		f.opened = append(f.opened, p)
		f.peers[name] = p
	}
	return err
}

func (f *fixture) accept(args []string) error {
	if len(args) > 2 {
		p, err := newUnixPeer(args[1], f.path(args[2]))
		return f.addPeer(args[0], p, err)
	}
	p, err := newPeer(args[1])
	return f.addListening(args[0], p, err)
}

func (f *fixture) full(args []string) error {
	p, err := newPeer("tcp")
	if err == nil {
		err = p.fill()
	}
	return f.addListening(args[0], p, err)
}

// addListening also sets $PORT.
func (f *fixture) addListening(name string, p *peer, err error) error {
	if err == nil {
		f.env.Setenv("PORT", p.port())
	}
	return f.addPeer(name, p, err)
}

// dial connects once a program listens.
func (f *fixture) dial(args []string) error {
	for late := time.Now().Add(f.patience); ; time.Sleep(2 * time.Millisecond) {
		ended := !f.running()
		p, err := f.tryDial(args[1:])
		if err == nil || ended || time.Now().After(late) {
			return f.addPeer(args[0], p, err)
		}
	}
}

func (f *fixture) tryDial(args []string) (*peer, error) {
	network, at := args[0], args[1]
	switch {
	case len(args) > 2:
		return dialUnixgram(f.path(args[2]), f.path(at))
	case strings.HasPrefix(network, "unix"):
		return dialPeer(network, f.path(at))
	case strings.HasSuffix(network, "6"):
		return dialPeer(network, net.JoinHostPort("::1", at))
	}
	return dialPeer(network, net.JoinHostPort("127.0.0.1", at))
}

func (p *peer) flood(args []string) error {
	size, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	return p.send(bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size])
}

func (f *fixture) read(args []string) error {
	p, err := f.peer(args[0])
	if err != nil {
		return err
	}
	b, err := p.read(args[1])
	f.shown.WriteString(brief(b))
	return err
}

func (p *peer) silentCommand(args []string) error {
	d, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	return p.silent(d)
}

// unescape makes the bytes that \n, \r, \x00 in a script stand for.
func unescape(s string) ([]byte, error) {
	s, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	return []byte(s), err
}
