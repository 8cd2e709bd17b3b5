package zerocopy

import (
	"net"
	"os"
	"syscall"

	"gonc/relay/stdfile"

	"golang.org/x/sys/unix"
)

// An fd is one side of a zero-copy move.
type fd struct {
	kind stdfile.Kind
	raw  syscall.RawConn
	num  int // borrowed: its owner closes nothing while the flow runs
}

// inspect returns the descriptor behind a reader or a writer. Its kind is
// stdfile.Other unless x is a bare descriptor of a kind that splice(2) takes.
func inspect(x any) fd {
	var d fd
	switch x := x.(type) {
	case *os.File:
		d = rawFD(x)
		d.kind = stdfile.KindOf(d.num)
		if d.kind == stdfile.Socket {
			d.kind = stdfile.Other
		}
	case *net.TCPConn:
		d = rawFD(x)
		d.kind = stdfile.Socket
	case *net.UnixConn:
		if x.LocalAddr().Network() == "unix" {
			d = rawFD(x)
			d.kind = stdfile.Socket
		}
	}
	if d.raw == nil {
		d.kind = stdfile.Other
	}
	return d
}

// spliceable reports whether splice(2) from a pipe writes to d. It refuses
// files that were opened with O_APPEND.
func (d *fd) spliceable() bool {
	switch d.kind {
	case stdfile.Pipe, stdfile.Socket:
		return true
	case stdfile.File, stdfile.MemDevice, stdfile.Terminal:
		flags, err := unix.FcntlInt(uintptr(d.num), unix.F_GETFL, 0)
		return err == nil && flags&unix.O_APPEND == 0
	}
	return false
}

func rawFD(c syscall.Conn) (d fd) {
	raw, err := c.SyscallConn()
	if err == nil && raw.Control(func(n uintptr) { d.num = int(n) }) == nil {
		d.raw = raw
	}
	return d
}
