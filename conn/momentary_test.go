package conn

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
)

// Errors of accept(2) and recvmsg(2) that say nothing of the socket end no
// server, whatever else is lost by them.
func TestMomentaryErrors(t *testing.T) {
	for _, errno := range []syscall.Errno{
		syscall.ECONNABORTED, syscall.EPROTO, syscall.EPERM, syscall.ENETDOWN, syscall.EHOSTUNREACH, syscall.ENETUNREACH,
		syscall.EHOSTDOWN, syscall.ENOPROTOOPT, syscall.EMFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.ETIMEDOUT,
	} {
		failure := &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", errno)}
		ln := newFailing(t, failure)
		c := dialTo(t, "tcp", ln.Addr().String())
		served := 0
		err := run(t.Context(), &Listener{}, func(_ context.Context, c net.Conn) error { served++; return c.Close() }, ln)
		if err != nil || served != 1 {
			t.Errorf("%v: %v, %d served", errno, err, served)
		}
		c.Close()
	}
}

// A failingSocket fails to receive once.
type failingSocket struct {
	sharedSocket
	err error
}

func (f *failingSocket) receive(buf []byte) (int, route, error) {
	if err := f.err; err != nil {
		f.err = nil
		return 0, route{}, err
	}
	return f.sharedSocket.receive(buf)
}

func TestMomentaryReceiveErrors(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOMEM, syscall.ENOBUFS, syscall.ENETDOWN, syscall.EPERM} {
		uc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		failure := &net.OpError{Op: "read", Err: os.NewSyscallError("recvmsg", errno)}
		ctx, cancel := context.WithCancel(t.Context())
		s := newServer(&Listener{Network: "udp", KeepOpen: true}, echoDatagrams)
		d := newDemux(s)
		shared := &sharedUDP{UDPConn: uc, d: d, oob: make([]byte, oobSize)}
		ended := make(chan error, 1)
		go func() { ended <- s.run(ctx, []socket{&failingDemux{shared, failure}}) }()
		c := dialTo(t, "udp", uc.LocalAddr().String())
		exchange(t, c, "hello")
		cancel()
		if err := await(t, ended); err != nil {
			t.Errorf("%v: %v", errno, err)
		}
	}
}

// A failingDemux serves a socket that fails once.
type failingDemux struct {
	*sharedUDP
	err error
}

func (f *failingDemux) serve(*server) error {
	return f.d.serve(&failingSocket{f.sharedUDP, f.err})
}

// An error that says that the socket is unusable ends the server.
func TestPermanentErrors(t *testing.T) {
	for _, err := range []error{net.ErrClosed, syscall.EBADF, syscall.EINVAL, syscall.ENOTSOCK, errors.New("unknown")} {
		if isMomentary(err) {
			t.Errorf("%v is taken for one that passes", err)
		}
	}
}
