//go:build unix

package conn

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A duplicate is a second descriptor of a socket that package net connects. A
// peer may accept, send and reset before net has seen that the connection was
// made; connect fails with ECONNRESET then, or with EPIPE if the peer had sent its
// EOF as well, and net closes the socket, with what had arrived. A host that
// does not accept is another error: ECONNREFUSED.
type duplicate struct{ fd int }

// control makes the duplicate before the socket is connected, after next.
func (d *duplicate) control(next func(network, address string, c syscall.RawConn) error) func(network, address string, c syscall.RawConn) error {
	return func(network, address string, c syscall.RawConn) error {
		if next != nil {
			if err := next(network, address, c); err != nil {
				return err
			}
		}
		return c.Control(func(fd uintptr) {
			if d.fd > 0 { // net tries again when a socket was connected to itself
				unix.Close(d.fd)
			}
			// Without it a reset is an error like any other.
			d.fd, _ = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 3)
		})
	}
}

// rescue closes the duplicate and returns the results of connecting to remote.
// If the connection was reset it returns one from which the bytes that arrived
// can be read.
func (d *duplicate) rescue(c net.Conn, err error, remote netip.AddrPort) (net.Conn, error) {
	if d.fd <= 0 {
		return c, err
	}
	if err == nil || !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.EPIPE) {
		unix.Close(d.fd)
		return c, err
	}
	f := os.NewFile(uintptr(d.fd), "tcp")
	defer f.Close()
	reset, failed := net.FileConn(f)
	if failed != nil {
		return nil, err
	}
	tcp, ok := reset.(*net.TCPConn)
	if !ok {
		reset.Close()
		return nil, err
	}
	return &resetConn{tcp, net.TCPAddrFromAddrPort(remote)}, nil
}

// A resetConn is a TCP connection that the peer has reset already.
type resetConn struct {
	*net.TCPConn
	remote *net.TCPAddr // getpeername(2) does not tell any more
}

// Read reads what arrived before the reset, and then returns ECONNRESET, which
// the kernel has reported already and does not report again.
func (c *resetConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	if err == io.EOF {
		err = &net.OpError{Op: "read", Net: "tcp", Source: c.LocalAddr(), Addr: c.remote,
			Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	return n, err
}

// WriteTo hides that of the TCP connection, which would take the end for EOF.
func (c *resetConn) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{c})
}

// CloseWrite does nothing: there is no peer to hear of an EOF.
func (c *resetConn) CloseWrite() error { return nil }

// RemoteAddr returns the address that was connected to.
func (c *resetConn) RemoteAddr() net.Addr { return c.remote }

// NetConn returns the socket.
func (c *resetConn) NetConn() net.Conn { return c.TCPConn }
