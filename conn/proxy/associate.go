package proxy

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Datagrams says how the datagrams of a client of SOCKS 5 are relayed.
type Datagrams struct {
	// Listen opens the socket that targets are sent to from.
	Listen func(ctx context.Context) (*net.UDPConn, error)

	// Lookup returns the addresses of the name of a target. Nil: targets are
	// numeric, and others are dropped.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	// Check forbids a target by an error; its datagrams are dropped then.
	Check func(host string, at netip.AddrPort) error

	// Idle ends an association after so long without a datagram. Zero: never.
	Idle time.Duration
}

// The bounds of an association.
const (
	targetsMax = 256 // of which answers are passed on; a further one replaces the oldest
	lookupsMax = 8   // at once; further names are dropped meanwhile
	lookupTime = 5 * time.Second
)

// An association relays the datagrams of one client (RFC 1928 section 7). It
// takes datagrams from the client's own address only, which the TCP connection
// has shown to be no forgery, and answers only from where the client has sent
// to. So it sends nothing that was not asked for.
type association struct {
	d      *Datagrams
	client *net.UDPConn // where the client sends to
	out    *net.UDPConn // from where targets are sent to
	only   netip.Addr   // the client

	mu      sync.Mutex
	port    uint16 // of the client; 0: not known yet
	targets map[netip.AddrPort]struct{}
	ring    [targetsMax]netip.AddrPort // targets in the order they came in
	next    int
	names   map[string]netip.Addr

	lookups  chan struct{} // one for each lookup under way
	wg       sync.WaitGroup
	up, down atomic.Int64
	idle     *time.Timer
}

// Associate relays datagrams until the client ends its connection, or ctx is
// done. It returns how many bytes of datagrams went each way.
func (r *Request) Associate(ctx context.Context, d *Datagrams) (up, down int64, err error) {
	a := &association{d: d, only: r.Client(), port: r.port(), targets: make(map[netip.AddrPort]struct{}),
		names: make(map[string]netip.Addr), lookups: make(chan struct{}, lookupsMax)}
	if err := a.open(ctx, r.c); err != nil {
		return 0, 0, errors.Join(err, r.Refuse(ctx, err))
	}
	if _, err := r.c.Write(socks5Answer(0, a.client.LocalAddr())); err != nil {
		a.close()
		return 0, 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.idle = time.AfterFunc(time.Hour, cancel)
	a.active()
	defer a.idle.Stop()
	a.wg.Go(func() { a.fromClient(ctx); cancel() })
	a.wg.Go(func() { a.fromTargets(); cancel() })
	stop := context.AfterFunc(ctx, func() { r.c.SetReadDeadline(past) })
	r.drop()
	stop()
	cancel()
	a.close()
	a.wg.Wait()
	return a.up.Load(), a.down.Load(), nil
}

// open opens the sockets. The client's is on the address that its connection
// came to.
func (a *association) open(ctx context.Context, c net.Conn) (err error) {
	here := ipOf(c.LocalAddr())
	if !here.IsValid() || !a.only.IsValid() {
		return errors.New("datagrams can't be relayed for a client without an address")
	}
	if a.client, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(here, 0))); err != nil {
		return err
	}
	if a.out, err = a.d.Listen(ctx); err != nil {
		a.client.Close()
	}
	return err
}

func (a *association) close() {
	a.client.Close()
	a.out.Close()
}

// active puts off the end for idleness.
func (a *association) active() {
	if a.d.Idle > 0 {
		a.idle.Reset(a.d.Idle)
		return
	}
	a.idle.Stop()
}

// datagramMax is the longest datagram, and then a header before it.
const datagramMax = 65535

// fromClient passes on what the client sends, until its socket is closed.
func (a *association) fromClient(ctx context.Context) {
	buf := make([]byte, datagramMax)
	for {
		n, from, err := a.client.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil || !a.isClient(from):
			continue
		}
		a.active()
		if host, at, data, ok := parseDatagram(buf[:n]); ok {
			a.send(ctx, host, at, data)
		}
	}
}

// isClient reports whether a datagram is the client's. The first one that it
// sends says which port it has.
func (a *association) isClient(from netip.AddrPort) bool {
	if from.Addr().Unmap().WithZone("") != a.only.WithZone("") {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.port == 0 {
		a.port = from.Port()
	}
	return a.port == from.Port()
}

// parseDatagram reads the header of RFC 1928 section 7. A fragment is not ok:
// nearly no client sends them, and an implementation may drop them.
func parseDatagram(b []byte) (host string, at netip.AddrPort, data []byte, ok bool) {
	if len(b) < 4 || b[0] != 0 || b[1] != 0 || b[2] != 0 {
		return "", at, nil, false
	}
	size, rest := 0, b[4:]
	switch {
	case b[3] == 1:
		size = 4
	case b[3] == 4:
		size = 16
	case b[3] == 3 && len(rest) > 0:
		size, rest = int(rest[0]), rest[1:]
	default:
		return "", at, nil, false
	}
	if len(rest) < size+2 {
		return "", at, nil, false
	}
	port := binary.BigEndian.Uint16(rest[size:])
	ip, _ := netip.AddrFromSlice(rest[:size])
	if b[3] == 3 {
		host = string(rest[:size])
		ip, _ = netip.ParseAddr(host)
		if !ip.IsValid() && (host == "" || checkName(host, host) != nil) || ip.Zone() != "" {
			return "", at, nil, false
		}
	}
	return host, netip.AddrPortFrom(ip.Unmap(), port), rest[size+2:], port != 0
}

// send sends data to a target, or has its name looked up first.
func (a *association) send(ctx context.Context, host string, at netip.AddrPort, data []byte) {
	if at.Addr().IsValid() {
		a.sendTo(at.Addr().String(), at, data)
		return
	}
	a.mu.Lock()
	ip, known := a.names[host]
	a.mu.Unlock()
	if known {
		a.sendTo(host, netip.AddrPortFrom(ip, at.Port()), data)
		return
	}
	if a.d.Lookup == nil {
		return
	}
	select {
	case a.lookups <- struct{}{}:
	default:
		return // what is lost is sent again, as everywhere with datagrams
	}
	data = append([]byte(nil), data...)
	a.wg.Go(func() {
		defer func() { <-a.lookups }()
		ctx, cancel := context.WithTimeout(ctx, lookupTime)
		defer cancel()
		ips, err := a.d.Lookup(ctx, host)
		if err != nil || len(ips) == 0 {
			return
		}
		a.remember(host, ips[0].Unmap())
		a.sendTo(host, netip.AddrPortFrom(ips[0].Unmap(), at.Port()), data)
	})
}

// remember keeps the address of a name, and not too many of them.
func (a *association) remember(host string, ip netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.names) >= targetsMax {
		clear(a.names)
	}
	a.names[host] = ip
}

// sendTo sends data to a target that may be sent to.
func (a *association) sendTo(host string, at netip.AddrPort, data []byte) {
	if a.d.Check != nil && a.d.Check(host, at) != nil {
		return
	}
	a.expect(at)
	if n, err := a.out.WriteToUDPAddrPort(data, at); err == nil {
		a.up.Add(int64(n))
	}
}

// expect lets at answer.
func (a *association) expect(at netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.targets[at]; known {
		return
	}
	delete(a.targets, a.ring[a.next])
	a.ring[a.next] = at
	a.targets[at] = struct{}{}
	a.next = (a.next + 1) % targetsMax
}

// fromTargets passes on what targets answer, until the socket is closed.
func (a *association) fromTargets() {
	const header = 3 + 1 + 16 + 2
	buf := make([]byte, header+datagramMax)
	for {
		n, from, err := a.out.ReadFromUDPAddrPort(buf[header:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		from = netip.AddrPortFrom(from.Addr().Unmap().WithZone(""), from.Port())
		to, ok := a.answerTo(from)
		if err != nil || !ok {
			continue
		}
		a.active()
		// The header goes right before the data, whatever its length is.
		head := appendSOCKS5Address([]byte{0, 0, 0}, from)
		start := header - len(head)
		copy(buf[start:], head)
		if _, err := a.client.WriteToUDPAddrPort(buf[start:header+n], to); err == nil {
			a.down.Add(int64(n))
		}
	}
}

// answerTo returns where the client is, if it has sent to from.
func (a *association) answerTo(from netip.AddrPort) (to netip.AddrPort, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok = a.targets[from]
	return netip.AddrPortFrom(a.only, a.port), ok && a.port != 0
}
