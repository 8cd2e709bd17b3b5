package path

import (
	"context"
	"net"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Probe connects to an address by TCP once, closes, and returns the answer,
// with the ICMP error that ended the attempt and the machine it came from
// (ip(7), IP_RECVERR; for a TCP socket that connects since Linux 5.9). It ends
// with ctx, which is silence.
func Probe(ctx context.Context, to netip.AddrPort) Answer {
	begin := time.Now()
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	a := Answer{Addr: to}
	a.ICMP, a.Outcome = probe(ctx, to)
	a.Took = time.Since(begin)
	return a
}

func probe(ctx context.Context, to netip.AddrPort) (ICMP, Outcome) {
	family := int(familyOf(to.Addr()))
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return ICMP{}, Failed
	}
	// The name makes it a file of the runtime's poller.
	f := os.NewFile(uintptr(fd), "probe")
	defer f.Close()
	stop := context.AfterFunc(ctx, func() { f.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if family == unix.AF_INET {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_RECVERR, 1)
	} else {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
	}
	if err == nil {
		err = unix.Connect(fd, sockaddr(to))
	}
	if err == unix.EINPROGRESS {
		err = connected(f)
	}
	icmp := readICMP(fd)
	if outcome := OutcomeOf(err); outcome != Failed || !icmp.From.IsValid() {
		return icmp, outcome
	}
	return icmp, Unreachable
}

// connected waits until a connect(2) that was begun has ended.
func connected(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Write(func(fd uintptr) bool {
		code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		switch {
		case err != nil:
			failed = err
		case code != 0:
			failed = unix.Errno(code)
		default:
			_, err = unix.Getpeername(int(fd))
			return err == nil
		}
		return true
	})
	if err != nil {
		return err
	}
	return failed
}

func sockaddr(to netip.AddrPort) unix.Sockaddr {
	if to.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	sa := &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
	if i, err := net.InterfaceByName(to.Addr().Zone()); err == nil {
		sa.ZoneId = uint32(i.Index)
	}
	return sa
}

// readICMP takes the error that came back out of the socket's queue. Behind
// the error itself the address of the machine that sent it is written.
func readICMP(fd int) (e ICMP) {
	oob := make([]byte, 512)
	_, n, _, _, err := unix.Recvmsg(fd, nil, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if err != nil {
		return e
	}
	all, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil {
		return e
	}
	for _, m := range all {
		const size = int(unsafe.Sizeof(unix.SockExtendedErr{}))
		if len(m.Data) < size {
			continue
		}
		origin, kind, code, from := m.Data[4], m.Data[5], m.Data[6], m.Data[size:]
		switch {
		case origin == unix.SO_EE_ORIGIN_ICMP && len(from) >= unix.SizeofSockaddrInet4:
			e = ICMP{meaning4(kind, code), kind, code, netip.AddrFrom4([4]byte(from[4:8]))}
		case origin == unix.SO_EE_ORIGIN_ICMP6 && len(from) >= unix.SizeofSockaddrInet6:
			e = ICMP{meaning6(kind, code), kind, code, netip.AddrFrom16([16]byte(from[8:24]))}
		}
	}
	return e
}
