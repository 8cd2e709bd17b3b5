package conn

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"gonc/conn/sockopt"
)

// serveUnixgram binds a Unix datagram socket. Its first sender is the peer:
// the socket is connected to it, if it has a name to be answered at, and the
// kernel refuses all others. With KeepOpen each sender has a session, and those
// without a name share one, which cannot be answered.
func (l *Listener) serveUnixgram(ctx context.Context, handle func(context.Context, net.Conn) error) error {
	var uc *net.UnixConn
	err := l.bindUnix(func(path string) (err error) {
		lc := net.ListenConfig{Control: sockopt.Control(l.Options)}
		pc, err := lc.ListenPacket(ctx, "unixgram", path)
		if err == nil {
			uc = pc.(*net.UnixConn)
		}
		return err
	})
	if err != nil {
		return err
	}
	own := newUnixFile(l.Address.Path)
	if l.OnListen != nil {
		l.OnListen([]net.Addr{uc.LocalAddr()})
	}
	if l.KeepOpen {
		return l.serveSessions(ctx, []sharedSocket{&sharedUnixgram{uc, own}}, handle)
	}
	p := &unixPeer{UnixConn: uc, own: own}
	if err := l.awaitUnixPeer(ctx, p); err != nil {
		p.Close()
		return err
	}
	if l.OnAccept != nil {
		l.OnAccept(p)
	}
	return handle(ctx, p)
}

// A sharedUnixgram is the socket of sessions over Unix datagrams.
type sharedUnixgram struct {
	*net.UnixConn
	own unixFile
}

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

// awaitUnixPeer reads the first datagram.
func (l *Listener) awaitUnixPeer(ctx context.Context, p *unixPeer) error {
	wait, cancel := l.untilFirst(ctx)
	defer cancel()
	stop := context.AfterFunc(wait, func() { p.SetReadDeadline(time.Unix(1, 0)) })
	buf := make([]byte, MaxDatagram)
	n, from, err := readUnixgram(p.UnixConn, buf)
	if !stop() { // the deadline is set, or will be
		return waitEnded(ctx, wait)
	}
	if err != nil {
		return err
	}
	p.first = append([]byte{}, buf[:n]...)
	if p.remote = from; from != "" {
		p.alone, p.connected = true, connectUnix(p.UnixConn, p.remote)
	}
	return nil
}

// readUnixgram reads one datagram, and who sent it. Unix sockets, unlike UDP's,
// take one of any length; that it was cut is an error.
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

// A unixPeer is a bound Unix datagram socket with a peer, whose first
// datagram it has still to give. It may hold datagrams of others that came
// before the kernel was told to refuse them.
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
