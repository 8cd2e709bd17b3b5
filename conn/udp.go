package conn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
)

// maxDatagram is the largest datagram that can be received, in bytes: what
// the 16 bits of UDP's length field leave, rounded up (RFC 768).
const maxDatagram = 65535

// listenUDP binds UDP sockets, which share one demux with KeepOpen.
func (s *server) listenUDP(ctx context.Context) ([]socket, []net.Addr, error) {
	var d *demux
	if s.l.KeepOpen {
		d = newDemux(s)
	}
	return bindAll(ctx, s.l, func(ctx context.Context, at netip.AddrPort) (socket, net.Addr, error) {
		uc, err := s.l.bindUDP(ctx, at)
		if err != nil {
			return nil, nil, err
		}
		if d == nil {
			return &udpSocket{UDPConn: uc, dropped: s.dropped.Add}, uc.LocalAddr(), nil
		}
		return &sharedUDP{UDPConn: uc, d: d, oob: make([]byte, oobSize)}, uc.LocalAddr(), nil
	})
}

// bindUDP binds one UDP socket. At a multicast address it joins the group.
func (l *Listener) bindUDP(ctx context.Context, at netip.AddrPort) (*net.UDPConn, error) {
	opts := []sockopt.Option{sockopt.MaxRecvBuffer}
	if at.Addr().IsUnspecified() {
		opts = append(opts, enablePktinfo)
	}
	if at.Addr().IsMulticast() {
		opts = append(opts, sockopt.JoinGroup(at.Addr(), l.Interface))
	}
	network, control := addr.OfFamily(l.network(), at.Addr()), sockopt.Control(append(opts, l.Options...))
	var pc net.PacketConn
	var err error
	if at.Addr().IsMulticast() {
		pc, err = listenGroup(network, at, control)
	} else {
		lc := net.ListenConfig{Control: control}
		pc, err = lc.ListenPacket(ctx, network, at.String())
	}
	if err != nil {
		return nil, err
	}
	return pc.(*net.UDPConn), nil
}

// A udpSocket is a UDP socket that waits for its one peer.
type udpSocket struct {
	*net.UDPConn
	owner   owner
	dropped func(uint64) uint64
}

// serve waits for the first datagram of a peer that is let in, connects the
// socket to that peer, so that the kernel refuses all others, and serves it.
func (u *udpSocket) serve(s *server) error {
	p, err := u.awaitPeer(s)
	if err != nil {
		return err
	}
	return s.serveOnly(&u.owner, p)
}

// Close closes the socket, unless it belongs to a connection now.
func (u *udpSocket) Close() error {
	if !u.owner.close() {
		return nil
	}
	return u.UDPConn.Close()
}

// awaitPeer reads datagrams until one is from a peer that is let in.
func (u *udpSocket) awaitPeer(s *server) (*peer, error) {
	buf := make([]byte, maxDatagram)
	oob := make([]byte, oobSize)
	for wait := (backoff{}); ; {
		n, oobn, _, from, err := u.ReadMsgUDPAddrPort(buf, oob)
		switch {
		case err == nil && s.allow(net.UDPAddrFromAddrPort(from)):
			return newPeer(u, from, buf[:n], oob[:oobn]), nil
		case err == nil, aboutEarlier(err):
		case !isMomentary(err):
			return nil, err
		default:
			s.retrying(&wait, err)
		}
	}
}

// A peer is a UDP socket that was connected after it had been bound. It still
// has to return the peer's first datagram, and may hold datagrams of other
// senders that arrived before it was connected.
type peer struct {
	*net.UDPConn
	socket    *udpSocket
	remote    netip.AddrPort
	oob       []byte // sends from the address that the first datagram was for
	first     []byte // nil once read
	connected bool   // by the kernel
}

// newPeer connects u to the sender of the datagram first, which came with the
// control messages oob.
func newPeer(u *udpSocket, from netip.AddrPort, first, oob []byte) *peer {
	to, own := parsePktinfo(oob)
	p := &peer{
		UDPConn: u.UDPConn, socket: u, remote: from,
		first: append([]byte{}, first...), oob: pktinfo(own),
	}
	// A socket that is connected receives at the address that the system
	// sends from, and at no other. Where that is not the one that the peer
	// sends to, as with a broadcast, datagrams of others are left to Read.
	if !to.IsValid() || to == defaultSource(from) {
		p.connected = connectPeer(u.UDPConn, from)
	}
	return p
}

// Read reads one datagram of the peer. That the peer's host refused an earlier
// datagram does not end a listening socket: its peer may come back.
func (p *peer) Read(b []byte) (int, error) {
	if p.first != nil {
		n := copy(b, p.first)
		p.first = nil
		return n, nil
	}
	for {
		n, from, err := p.ReadFromUDPAddrPort(b)
		if n == 0 && (aboutEarlier(err) || errors.Is(err, syscall.EMSGSIZE)) {
			continue
		}
		if err != nil || from == p.remote {
			return n, p.named(err)
		}
	}
}

// Write sends one datagram to the peer.
func (p *peer) Write(b []byte) (int, error) {
	n, err := p.send(b)
	for try := 0; errors.Is(err, syscall.ECONNREFUSED) || aboutEarlier(err) && try < 2; try++ {
		n, err = p.send(b) // the error is about one of the datagrams before
	}
	return n, p.named(err)
}

// aboutEarlier reports whether err may be an ICMP error about an earlier
// datagram, which a socket returns from the next call, once (udp(7), ip(7)
// ERRORS; RFC 1122 section 4.1.3.3).
func aboutEarlier(err error) bool {
	for _, errno := range []error{
		syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENOPROTOOPT,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// named puts the peer into an error of package net, which does not know it.
func (p *peer) named(err error) error {
	if op := new(net.OpError); errors.As(err, &op) && op.Addr == nil {
		op.Addr = p.RemoteAddr()
	}
	return err
}

func (p *peer) send(b []byte) (int, error) {
	if p.connected {
		return p.UDPConn.Write(b)
	}
	n, _, err := p.WriteMsgUDPAddrPort(b, p.oob, p.remote)
	return n, err
}

// RemoteAddr returns the peer's address.
func (p *peer) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(p.remote) }

// Close counts what was dropped and closes the socket.
func (p *peer) Close() error {
	p.socket.dropped(droppedBy(p.UDPConn))
	return p.UDPConn.Close()
}

// A sharedUDP is the socket of UDP sessions.
type sharedUDP struct {
	*net.UDPConn
	d   *demux
	oob []byte // of receive
}

func (u *sharedUDP) serve(*server) error { return u.d.serve(u) }

func (u *sharedUDP) receive(buf []byte) (n int, from route, err error) {
	n, oobn, _, remote, err := u.ReadMsgUDPAddrPort(buf, u.oob)
	if err != nil {
		return 0, from, err
	}
	_, own := parsePktinfo(u.oob[:oobn])
	return n, route{remote: remote, own: own}, nil
}

func (u *sharedUDP) sender(to route) func([]byte) error {
	send := udpSender(u.UDPConn, to.remote, pktinfo(to.own))
	return func(b []byte) error {
		for {
			if err := send(b); !errors.Is(err, syscall.ECONNREFUSED) {
				return err
			}
			// The error is about an earlier datagram, to any sender.
		}
	}
}

// Close counts what was dropped and closes the socket.
func (u *sharedUDP) Close() error {
	u.d.s.dropped.Add(droppedBy(u.UDPConn))
	return u.UDPConn.Close()
}
