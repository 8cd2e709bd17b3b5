package relay

import (
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A direct reads and writes a descriptor that never blocks, which the
// runtime's poller waits for, without telling the scheduler of each call. It
// would wake its monitor thread, to take the processor away should the call
// take long; a byte there and back costs a tenth more with that.
type direct struct {
	raw  syscall.RawConn
	of   any // for errors
	trap uintptr
	b    []byte
	n    int
	err  error
	once func(uintptr) bool // for raw; made once, a call would allocate it
}

// directReader returns r, or what reads the same faster.
func directReader(r io.Reader) io.Reader {
	if d := newDirect(r, unix.SYS_READ); d != nil {
		return d
	}
	return r
}

// directWriter is that for a writer.
func directWriter(w io.Writer) io.Writer {
	if d := newDirect(w, unix.SYS_WRITE); d != nil {
		return d
	}
	return w
}

func newDirect(of any, trap uintptr) *direct {
	desc := descOf(of)
	if noZeroCopy || desc.kind != descPipe && desc.kind != descSocket {
		return nil
	}
	d := &direct{raw: desc.raw, of: of, trap: trap}
	d.once = d.call
	return d
}

func (d *direct) call(fd uintptr) bool {
	for {
		n, _, errno := unix.RawSyscall(d.trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(d.b))), uintptr(len(d.b)))
		switch errno {
		case 0:
			d.n, d.err = int(n), nil
		case unix.EINTR:
			continue
		default:
			d.n, d.err = 0, errno
		}
		return errno != unix.EAGAIN
	}
}

func (d *direct) Read(b []byte) (int, error) {
	d.b = b
	err := d.raw.Read(d.once)
	d.b = nil
	switch {
	case err != nil:
		return 0, err
	case d.err != nil:
		return 0, remoteError("read", d.of, os.NewSyscallError("read", d.err))
	case d.n == 0:
		return 0, io.EOF
	}
	return d.n, nil
}

func (d *direct) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		d.b = b[n:]
		if err = d.raw.Write(d.once); err == nil {
			n, err = n+d.n, d.err
			if err != nil {
				err = remoteError("write", d.of, os.NewSyscallError("write", err))
			}
		}
	}
	d.b = nil
	return n, err
}
