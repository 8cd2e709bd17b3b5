package conn

import (
	"context"
	"net"
)

// serveUnixgram binds a Unix datagram socket. Its first sender is the peer:
// the socket is connected to it, if it has a name to be answered at, and the
// kernel refuses all others. With KeepOpen there is one connection too: what
// all senders send, in the order it comes; the first one gets the answers.
func (l *Listener) serveUnixgram(ctx context.Context, handle func(context.Context, net.Conn) error) error {
	var uc *net.UnixConn
	err := l.bindUnix(func(path string) (err error) {
		lc := net.ListenConfig{Control: controlAll(l.Options)}
		pc, err := lc.ListenPacket(ctx, "unixgram", path)
		if err == nil {
			uc = pc.(*net.UnixConn)
		}
		return err
	})
	if err != nil {
		return err
	}
	defer newUnixFile(l.Address.Path).remove()
	if l.OnListen != nil {
		l.OnListen([]net.Addr{uc.LocalAddr()})
	}
	p, err := l.awaitUnixPeer(ctx, uc)
	if err != nil {
		uc.Close()
		return err
	}
	if l.OnAccept != nil {
		l.OnAccept(p)
	}
	return handle(ctx, p)
}

// awaitUnixPeer reads the first datagram of uc.
func (l *Listener) awaitUnixPeer(ctx context.Context, uc *net.UnixConn) (net.Conn, error) {
	wait, cancel := l.untilFirst(ctx)
	defer cancel()
	stop := context.AfterFunc(wait, func() { uc.Close() })
	p := &unixPeer{UnixConn: uc}
	buf := make([]byte, MaxDatagram)
	n, from, err := uc.ReadFromUnix(buf)
	if !stop() { // the socket is closed, or will be
		return nil, waitEnded(ctx, wait)
	}
	if err != nil {
		return nil, err
	}
	p.first = append([]byte{}, buf[:n]...)
	if p.remote = from; from != nil && from.Name != "" && !l.KeepOpen {
		connectUnix(uc, from.Name)
	}
	return p, nil
}

// A unixPeer is a bound Unix datagram socket with a peer, whose first
// datagram it has still to give.
type unixPeer struct {
	*net.UnixConn
	first  []byte // nil once read
	remote *net.UnixAddr
}

// Read reads one datagram.
func (p *unixPeer) Read(b []byte) (int, error) {
	if p.first != nil {
		n := copy(b, p.first)
		p.first = nil
		return n, nil
	}
	n, _, err := p.ReadFromUnix(b)
	return n, err
}

// Write sends one datagram to the peer; one that has no name gets none.
func (p *unixPeer) Write(b []byte) (int, error) {
	if p.remote == nil || p.remote.Name == "" {
		return len(b), nil
	}
	return p.WriteToUnix(b, p.remote)
}

// RemoteAddr returns the peer's name.
func (p *unixPeer) RemoteAddr() net.Addr {
	if p.remote == nil {
		return &net.UnixAddr{Net: "unixgram"}
	}
	return p.remote
}
