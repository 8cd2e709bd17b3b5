//go:build unix

package conn

import (
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"gonc/conn/addr"
)

// connectPeer connects a bound UDP socket to remote, and reports whether the
// kernel refuses other senders from now on.
func connectPeer(uc *net.UDPConn, remote netip.AddrPort) bool {
	return connectSocket(uc, sockaddr(remote))
}

func connectSocket(c syscall.Conn, to unix.Sockaddr) bool {
	rc, err := c.SyscallConn()
	if err != nil {
		return false
	}
	connected := false
	err = rc.Control(func(fd uintptr) { connected = unix.Connect(int(fd), to) == nil })
	return err == nil && connected
}

// listenGroup binds a UDP socket to a multicast address. Package net would bind
// it to every address, and share the port with whoever asks.
func listenGroup(network string, at netip.AddrPort, control func(network, address string, c syscall.RawConn) error) (net.PacketConn, error) {
	domain := unix.AF_INET6
	if at.Addr().Is4() {
		domain = unix.AF_INET
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	unix.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), network)
	defer f.Close()
	if control != nil {
		rc, err := f.SyscallConn()
		if err == nil {
			err = control(network, at.String(), rc)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := unix.Bind(fd, sockaddr(at)); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	return net.FilePacketConn(f)
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: addr.ZoneIndex(a.Addr().Zone())}
}

// maxUnixPath is the longest path of a Unix socket, in bytes, with the zero
// byte that ends it left out (unix(7)).
const maxUnixPath = len(unix.RawSockaddrUnix{}.Path) - 1

// msgTrunc is the flag of a datagram that was cut.
const msgTrunc = unix.MSG_TRUNC

// unixProbe is the network that finds out whether anybody holds a Unix socket.
const unixProbe = "unixgram"

// connectUnix connects a bound datagram socket to name, and reports whether
// the kernel refuses other senders from now on.
func connectUnix(uc *net.UnixConn, name string) bool {
	return connectSocket(uc, &unix.SockaddrUnix{Name: name})
}
