package conn

import (
	"context"
	"errors"
	"net"
	"syscall"

	"gonc/conn/sockopt"
)

// listenUnixgram binds a Unix datagram socket. Without KeepOpen its first sender
// is the peer: the socket is connected to it, if it has a name to be answered
// at, and the kernel refuses all others. With KeepOpen each sender has a
// session, and those without a name share one, which cannot be answered.
func (s *server) listenUnixgram(ctx context.Context) ([]socket, []net.Addr, error) {
	path := s.l.Address.Path
	var uc *net.UnixConn
	err := bindPath(path, func() error {
		lc := net.ListenConfig{Control: sockopt.Control(s.l.Options)}
		pc, err := lc.ListenPacket(ctx, "unixgram", path)
		if err == nil {
			uc = pc.(*net.UnixConn)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	at, own := []net.Addr{uc.LocalAddr()}, newUnixFile(path)
	if s.l.KeepOpen {
		return []socket{&sharedUnixgram{uc, own, newDemux(s)}}, at, nil
	}
	return []socket{&unixgramSocket{UnixConn: uc, file: own}}, at, nil
}

// A unixgramSocket is a Unix datagram socket that waits for its one peer.
type unixgramSocket struct {
	*net.UnixConn
	file  unixFile
	owner owner
}

// serve waits for the first datagram, whose sender is the peer, and serves it.
func (u *unixgramSocket) serve(s *server) error {
	p, err := u.awaitPeer(s)
	if err != nil {
		return err
	}
	return s.serveOnly(&u.owner, p)
}

// Close removes the socket's file and closes it, unless it belongs to a
// connection now.
func (u *unixgramSocket) Close() error {
	if !u.owner.close() {
		return nil
	}
	u.file.remove()
	return u.UnixConn.Close()
}

func (u *unixgramSocket) awaitPeer(s *server) (*unixPeer, error) {
	buf := make([]byte, maxDatagram)
	for wait := (backoff{}); ; {
		n, from, err := readUnixgram(u.UnixConn, buf)
		switch {
		case err == nil:
			p := &unixPeer{UnixConn: u.UnixConn, own: u.file, remote: from, first: append([]byte{}, buf[:n]...)}
			if from != "" {
				p.alone, p.connected = true, connectUnix(u.UnixConn, from)
			}
			return p, nil
		case errors.Is(err, syscall.EMSGSIZE), !isMomentary(err):
			return nil, err
		}
		s.retrying(&wait, err)
	}
}

// A sharedUnixgram is the socket of sessions over Unix datagrams.
type sharedUnixgram struct {
	*net.UnixConn
	own unixFile
	d   *demux
}

func (u *sharedUnixgram) serve(*server) error { return u.d.serve(u) }

func (u *sharedUnixgram) receive(buf []byte) (n int, from route, err error) {
	n, name, err := readUnixgram(u.UnixConn, buf)
	return n, route{name: name}, err
}

func (u *sharedUnixgram) sender(to route) func([]byte) error {
	if to.name == "" {
		return sendNowhere
	}
	return unixSender(u.UnixConn, to.name)
}

// sendNowhere sends to a peer without a name, which cannot be done.
func sendNowhere(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	return syscall.EDESTADDRREQ
}

// Close removes the socket's file and closes it.
func (u *sharedUnixgram) Close() error {
	u.own.remove()
	return u.UnixConn.Close()
}

// readUnixgram reads one datagram and the name of its sender. Unix sockets,
// unlike UDP's, take one of any length; that it was cut is an error.
func readUnixgram(uc *net.UnixConn, b []byte) (n int, from string, err error) {
	n, _, flags, name, err := uc.ReadMsgUnix(b, nil)
	if err != nil {
		return 0, "", err // n is -1
	}
	if name != nil {
		from = name.Name
	}
	if flags&msgTrunc != 0 {
		err = &net.OpError{Op: "read", Net: "unixgram", Source: uc.LocalAddr(), Addr: route{name: from}.addr(), Err: syscall.EMSGSIZE}
	}
	return n, from, err
}

// A unixPeer is a bound Unix datagram socket with a peer, whose first datagram
// it still has to return. It may hold datagrams of other senders that arrived
// before it was connected.
type unixPeer struct {
	*net.UnixConn
	own       unixFile
	first     []byte // nil once read
	remote    string // empty: the peer has no name to be answered at
	alone     bool   // what others send is dropped
	connected bool   // by the kernel
}

// Read reads one datagram.
func (p *unixPeer) Read(b []byte) (int, error) {
	if p.first != nil {
		n := copy(b, p.first)
		p.first = nil
		return n, nil
	}
	for {
		n, from, err := readUnixgram(p.UnixConn, b)
		others := p.alone && from != p.remote
		if !others || err != nil && !errors.Is(err, syscall.EMSGSIZE) {
			return n, err
		}
	}
}

// Write sends one datagram to the peer; one that has no name cannot get any.
func (p *unixPeer) Write(b []byte) (int, error) {
	switch {
	case p.remote == "":
		if err := sendNowhere(b); err != nil {
			return 0, &net.OpError{Op: "write", Net: "unixgram", Source: p.LocalAddr(), Addr: p.RemoteAddr(), Err: err}
		}
		return 0, nil
	case p.connected:
		return p.UnixConn.Write(b)
	}
	return p.WriteToUnix(b, &net.UnixAddr{Name: p.remote, Net: "unixgram"})
}

// RemoteAddr returns the peer's name.
func (p *unixPeer) RemoteAddr() net.Addr {
	return &net.UnixAddr{Name: p.remote, Net: "unixgram"}
}

// Close removes the socket's file and closes it.
func (p *unixPeer) Close() error {
	p.own.remove()
	return p.UnixConn.Close()
}
