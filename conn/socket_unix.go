//go:build unix

package conn

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"gonc/conn/sockopt"

	"golang.org/x/sys/unix"
)

// connectPeer connects a bound UDP socket to remote, so that the kernel refuses
// other senders, and reports whether that succeeded.
func connectPeer(uc *net.UDPConn, remote netip.AddrPort) bool {
	return connectSocket(uc, sockopt.Sockaddr(remote))
}

func connectSocket(c syscall.Conn, to unix.Sockaddr) (connected bool) {
	sockopt.Descriptor(c, func(fd uintptr) { connected = unix.Connect(int(fd), to) == nil })
	return connected
}

// pendingError returns the error that the next call on a socket would return,
// once (socket(7), SO_ERROR).
func pendingError(c syscall.Conn) (err error) {
	sockopt.Descriptor(c, func(fd uintptr) {
		if code, _ := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR); code != 0 {
			err = syscall.Errno(code)
		}
	})
	return err
}

// listenGroup binds a UDP socket to a multicast address. Package net would bind
// it to every address, and share the port with any program.
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
	if err := unix.Bind(fd, sockopt.Sockaddr(at)); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	return net.FilePacketConn(f)
}

// maxUnixPath is the longest path of a Unix socket, in bytes, with the zero
// byte that ends it left out (unix(7)).
const maxUnixPath = len(unix.RawSockaddrUnix{}.Path) - 1

// msgTrunc is the flag of a datagram that was cut.
const msgTrunc = unix.MSG_TRUNC

// unixProbe is the network that finds out whether a Unix socket is in use.
const unixProbe = "unixgram"

// connectUnix connects a bound datagram socket to name, so that the kernel
// refuses other senders, and reports whether that succeeded.
func connectUnix(uc *net.UnixConn, name string) bool {
	return connectSocket(uc, &unix.SockaddrUnix{Name: name})
}

// lockTimeout bounds the wait for a directory that another program keeps locked.
const lockTimeout = 2 * time.Second

// lockDir locks a directory against others that bind sockets in it through this
// package, by flock(2), and returns what unlocks it. A directory that cannot be
// locked is used without.
func lockDir(dir string) (unlock func()) {
	f, err := os.Open(dir)
	if err != nil {
		return func() {}
	}
	for end := time.Now().Add(lockTimeout); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != unix.EWOULDBLOCK {
			break
		}
	}
	return func() { f.Close() }
}
