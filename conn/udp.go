package conn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
)

// MaxDatagram is the largest datagram that can be received, in bytes: what
// the 16 bits of UDP's length field leave, rounded up (RFC 768).
const MaxDatagram = 65535

func (l *Listener) serveDatagrams(ctx context.Context, handle func(context.Context, net.Conn) error) error {
	ucs, err := bindAll(ctx, l, l.listenDatagram)
	if err != nil {
		return err
	}
	if l.KeepOpen {
		var socks []sharedSocket
		for _, uc := range ucs {
			socks = append(socks, &sharedUDP{uc, make([]byte, oobSize)})
		}
		return l.serveSessions(ctx, socks, handle)
	}
	c, err := l.firstPeer(ctx, ucs)
	if err != nil {
		return err
	}
	if l.OnAccept != nil {
		l.OnAccept(c)
	}
	return handle(ctx, c)
}

func (l *Listener) listenDatagram(ctx context.Context, at netip.AddrPort) (*net.UDPConn, net.Addr, error) {
	opts := l.Options
	if at.Addr().IsUnspecified() {
		opts = append([]sockopt.Option{tellLocal}, opts...)
	}
	network, control := addr.OfFamily(l.network(), at.Addr()), sockopt.Control(opts)
	var pc net.PacketConn
	var err error
	if at.Addr().IsMulticast() {
		pc, err = listenGroup(network, at, control)
	} else {
		lc := net.ListenConfig{Control: control}
		pc, err = lc.ListenPacket(ctx, network, at.String())
	}
	if err != nil {
		return nil, nil, err
	}
	return pc.(*net.UDPConn), pc.LocalAddr(), nil
}

// firstPeer waits on all of ucs for a datagram and connects the socket to its
// sender, so that the kernel refuses everybody else. The other sockets are
// closed.
func (l *Listener) firstPeer(ctx context.Context, ucs []*net.UDPConn) (net.Conn, error) {
	wait, cancel := l.untilFirst(ctx)
	defer cancel()
	closeAll := sync.OnceFunc(func() { closeEach(ucs) })
	stop := context.AfterFunc(wait, closeAll)
	peers := make(chan *peer)
	for _, uc := range ucs {
		go func() { peers <- awaitPeer(uc) }()
	}
	var first *peer
	for range ucs {
		p := <-peers
		if first == nil || first.err != nil && p.err == nil {
			first, p = p, first
		}
		if p != nil {
			p.Close()
		}
		if first.err == nil {
			closeOthers(ucs, first.UDPConn)
		}
	}
	stopped := stop()
	if stopped && first.err == nil {
		return first, nil
	}
	closeAll()
	if !stopped {
		return nil, waitEnded(ctx, wait)
	}
	return nil, first.err
}

func closeOthers(ucs []*net.UDPConn, but *net.UDPConn) {
	for _, uc := range ucs {
		if uc != but {
			uc.Close()
		}
	}
}

// A peer is a UDP socket that was connected after it had been bound: it has
// the datagram that made it known still to give, and may hold datagrams of
// others that came before the kernel was told to refuse them.
type peer struct {
	*net.UDPConn
	remote    netip.AddrPort
	oob       []byte // sends from the address that the first datagram was for
	first     []byte // nil once read
	connected bool   // by the kernel
	err       error  // why there is no peer
}

// awaitPeer reads the first datagram of uc.
func awaitPeer(uc *net.UDPConn) *peer {
	p := &peer{UDPConn: uc}
	buf := make([]byte, MaxDatagram)
	oob := make([]byte, oobSize)
	n, oobn, _, from, err := uc.ReadMsgUDPAddrPort(buf, oob)
	if err != nil {
		p.err = err
		return p
	}
	p.remote = from
	p.first = append([]byte{}, buf[:n]...)
	to, own := localOf(oob[:oobn])
	p.oob = fromLocal(own)
	// A socket that is connected receives at the address that the system
	// sends from, and at no other. Where that is not the one that the peer
	// sends to, as with a broadcast, the others are left to Read.
	if !to.IsValid() || to == usualLocal(from) {
		p.connected = connectPeer(uc, from)
	}
	return p
}

// Read reads one datagram of the peer. That an earlier datagram of ours did not
// arrive is no end of a listening socket: its peer may come back.
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
	if aboutEarlier(err) {
		n, err = p.send(b)
	}
	return n, p.named(err)
}

// aboutEarlier reports whether err may be what ICMP said of an earlier
// datagram: a socket is told of that at the next call, once (udp(7), ip(7)
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

// A sharedUDP is the socket of UDP sessions.
type sharedUDP struct {
	*net.UDPConn
	oob []byte // of receive
}

func (u *sharedUDP) receive(buf []byte) (n int, from route, err error) {
	n, oobn, _, remote, err := u.ReadMsgUDPAddrPort(buf, u.oob)
	if err != nil {
		return 0, from, err
	}
	_, own := localOf(u.oob[:oobn])
	return n, route{remote: remote, own: own}, nil
}

func (u *sharedUDP) sender(to route) func([]byte) error {
	send := udpSender(u.UDPConn, to.remote, fromLocal(to.own))
	return func(b []byte) error {
		for {
			if err := send(b); !errors.Is(err, syscall.ECONNREFUSED) {
				return err
			}
			// The error is about an earlier datagram, to whichever sender.
		}
	}
}

// serveSessions gives every sender a session of its own, until ctx is done.
func (l *Listener) serveSessions(ctx context.Context, socks []sharedSocket, handle func(context.Context, net.Conn) error) error {
	closeAll := sync.OnceFunc(func() { closeEach(socks) })
	defer context.AfterFunc(ctx, closeAll)()
	late, stop := l.limitWait(closeAll)
	defer stop()
	var loops, handlers sync.WaitGroup
	failed := make(chan error, len(socks))
	for _, c := range socks {
		loops.Go(func() {
			failed <- newDemux(l, c).loop(func(s *session) {
				handlers.Add(1)
				go (&served{l, ctx, s, handle, &handlers}).run()
			})
			closeAll()
		})
	}
	loops.Wait()
	handlers.Wait()
	return l.manyEnded(<-failed, late)
}
