package zerocopy

import (
	"gonc/relay/stdfile"

	"golang.org/x/sys/unix"
)

// pipeSize is the size of a pipe of our own, in bytes: fs.pipe-max-size of
// Linux, as it is unless root changes it (pipe(7)).
const pipeSize = 1 << 20

// minPipeSize is the size that a pipe has by default.
const minPipeSize = 64 << 10

// noSplicePipe is a test seam: no pipe can be made.
var noSplicePipe bool

// A splicePipe is a pipe of our own between two descriptors, one of which
// splice(2) wants to be a pipe. It is empty before every splice into it.
type splicePipe struct {
	r, w    int
	in, out *endpoint
}

// newSplicePipe returns a pipe from src to dst. It fails if there is none to
// be had (EMFILE), or only a tiny one, as a user gets that has many (pipe(7),
// pipe-user-pages-soft).
func newSplicePipe(src, dst *fd) (*splicePipe, error) {
	if noSplicePipe {
		return nil, unix.EMFILE
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	p := &splicePipe{fds[0], fds[1], newEndpoint(src, src.num, fds[1]), newEndpoint(dst, fds[0], dst.num)}
	size := pipeSize
	if src.kind == stdfile.Pipe || dst.kind == stdfile.Pipe {
		size = callerPipeSize
	}
	if enlarge(p.w, size) < minPipeSize {
		p.close()
		return nil, unix.EPERM
	}
	return p, nil
}

func (p *splicePipe) close() {
	unix.Close(p.r)
	unix.Close(p.w)
}

// An endpoint moves bytes between a descriptor and a splicePipe, by splice(2)
// or, from a file, by sendfile(2).
type endpoint struct {
	*fd
	from, to int
	most     int64 // bytes, of a call
	n        int64 // of the last call
	err      error
	once     func(uintptr) bool // for a RawConn; made once, because each would be allocated
}

// newEndpoint returns one that moves between two descriptors, one of which is
// d's.
func newEndpoint(d *fd, from, to int) *endpoint {
	e := &endpoint{fd: d, from: from, to: to}
	e.once = func(uintptr) bool {
		e.call(unix.SPLICE_F_MOVE | unix.SPLICE_F_NONBLOCK)
		return e.err != unix.EAGAIN || e.receive()
	}
	return e
}

// move moves at most most bytes once the descriptor is ready. Zero and no
// error says that there is nothing to move: EOF, or bytes that only a plain
// read returns.
func (e *endpoint) move(most int64) (n int64, err error) {
	e.most = most
	switch {
	case e.kind == stdfile.File && e.num == e.from:
		e.sendfile()
	case e.kind == stdfile.File, e.kind == stdfile.MemDevice:
		e.call(unix.SPLICE_F_MOVE)
	case e.num == e.from:
		err = e.raw.Read(e.once)
	default:
		err = e.raw.Write(e.once)
	}
	if err != nil {
		return 0, err
	}
	return e.n, e.err
}

// call calls splice(2), without SPLICE_F_MORE, which holds back the tail of a
// message for 200 ms (golang/go#10948).
func (e *endpoint) call(flags int) {
	for {
		n, err := unix.Splice(e.from, nil, e.to, nil, int(e.most), flags)
		if err != unix.EINTR {
			e.n, e.err = int64(n), err // n is an int where that has 32 bits
			return
		}
	}
}

// receive reports whether a plain read of a socket would return although
// splice(2) finds nothing to take: it stops for good at TCP urgent data. The
// plain read is left to the caller, but an error is reported once, so it is
// this call's.
func (e *endpoint) receive() bool {
	if e.kind != stdfile.Socket || e.num != e.from {
		return false
	}
	var b [1]byte
	_, _, err := unix.Recvfrom(e.num, b[:], unix.MSG_DONTWAIT|unix.MSG_PEEK)
	if err == unix.EAGAIN {
		return false
	}
	e.n, e.err = 0, err
	return true
}

// sendfile is call from a file. sendfile(2) into a pipe takes as much as there
// is room for; straight into a socket it is 64 KiB at a time, whatever was
// asked for, which took 7 % more of the processor.
func (e *endpoint) sendfile() {
	for {
		n, err := unix.Sendfile(e.to, e.from, nil, int(e.most))
		if err != unix.EINTR {
			e.n, e.err = int64(n), err
			return
		}
	}
}
