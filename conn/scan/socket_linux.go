package scan

import (
	"net/netip"
	"os"

	"gonc/conn/sockopt"

	"golang.org/x/sys/unix"
)

// socket returns a socket for j that is bound as asked for: one that was
// refused elsewhere, if there is one, else a new one.
func (p *poller) socket(j job) (int, error) {
	is6 := j.to.Addr().Is6()
	if fd, ok := p.refused[is6]; ok {
		delete(p.refused, is6)
		return fd, nil
	}
	family, network := unix.AF_INET, "tcp4"
	if is6 {
		family, network = unix.AF_INET6, "tcp6"
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	from, _ := p.sweep.sources.Of(j.to.Addr())
	if err := p.prepare(fd, network, from); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// reuse keeps the socket of an attempt that was refused.
func (p *poller) reuse(f attempt) {
	is6 := f.job.to.Addr().Is6()
	if _, ok := p.refused[is6]; ok {
		unix.Close(f.fd)
		return
	}
	p.refused[is6] = f.fd
}

// prepare sets the options of a socket and binds it to from.
func (p *poller) prepare(fd int, network string, from netip.AddrPort) error {
	for _, opt := range p.sweep.allOptions(from) {
		if err := opt(network, uintptr(fd)); err != nil {
			return err
		}
	}
	if !from.IsValid() {
		return nil
	}
	if from.Port() == 0 {
		// The port is chosen by connect, which knows that two connections to
		// different ports can have the same one; bind does not.
		unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	}
	return os.NewSyscallError("bind", unix.Bind(fd, sockopt.Sockaddr(from)))
}

// selfConnected reports whether f is connected to itself, and ensures that
// nothing stays behind when it is closed then. That happens on loopback when
// a connection to a port where nothing listens gets that port for its own.
func selfConnected(f attempt) bool {
	local, err := unix.Getsockname(f.fd)
	if err != nil {
		return false
	}
	port := 0
	var a netip.Addr
	switch sa := local.(type) {
	case *unix.SockaddrInet4:
		port, a = sa.Port, netip.AddrFrom4(sa.Addr)
	case *unix.SockaddrInet6:
		port, a = sa.Port, netip.AddrFrom16(sa.Addr)
	}
	if port != int(f.job.to.Port()) || a != f.job.to.Addr().WithZone("") {
		return false
	}
	unix.SetsockoptLinger(f.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	return true
}
