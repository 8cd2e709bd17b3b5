package conn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"gonc/conn/addr"
)

// bindTries bounds the attempts to find a port of the system's choice that is free
// in both families.
const bindTries = 16

// A binder binds a socket to an address and returns it with its address.
type binder func(context.Context, netip.AddrPort) (socket, net.Addr, error)

// bindAll binds a socket to every address that l names. Both families get
// sockets of their own: one socket for both would follow the machine's
// bindv6only and would show IPv4 peers as IPv6.
func bindAll(ctx context.Context, l *Listener, bind binder) (bound []socket, at []net.Addr, err error) {
	proto, _ := addr.Family(l.network())
	ips, err := l.addresses(ctx)
	if err != nil {
		return nil, nil, &ListenError{proto, l.Address, err}
	}
	port := uint16(0)
	if l.Address.Port != "" {
		if port, err = addr.ParsePort(proto, l.Address.Port); err != nil {
			return nil, nil, err
		}
	}
	for range bindTries {
		bound, at, err = bindEach(ctx, ips, port, bind)
		if err == nil || port != 0 || !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	if err != nil {
		where := l.Address
		where.Port = strconv.Itoa(int(port))
		return nil, nil, &ListenError{proto, where, err}
	}
	return bound, at, nil
}

// addresses returns the addresses to bind to.
func (l *Listener) addresses(ctx context.Context) ([]netip.Addr, error) {
	if l.Address.Host != "" {
		d := Dialer{Numeric: l.Numeric}
		return d.lookup(ctx, l.network(), l.Address)
	}
	v4, v6 := netip.IPv4Unspecified(), netip.IPv6Unspecified()
	if l.Loopback {
		v4, v6 = netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()
	}
	switch _, version := addr.Family(l.network()); version {
	case 4:
		return []netip.Addr{v4}, nil
	case 6:
		return []netip.Addr{v6}, nil
	}
	return []netip.Addr{v4, v6}, nil
}

// bindEach binds to all of ips, the later ones to the port that the first one
// got. An address that this machine does not have (with IPv6 switched off, for
// example) is skipped, unless it is the only one; any other error closes all.
func bindEach(ctx context.Context, ips []netip.Addr, port uint16, bind binder) (bound []socket, at []net.Addr, err error) {
	var absent error
	for _, ip := range ips {
		s, where, err := bind(ctx, netip.AddrPortFrom(ip, port))
		if err != nil {
			if len(ips) > 1 && notOnThisMachine(err) {
				absent = err
				continue
			}
			closeEach(bound)
			return nil, nil, err
		}
		bound, at, port = append(bound, s), append(at, where), addr.PortOf(where)
	}
	if len(bound) == 0 {
		return nil, nil, absent
	}
	return bound, at, nil
}

func notOnThisMachine(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}
