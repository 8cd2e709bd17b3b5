package relay

import "golang.org/x/sys/unix"

// pipeSize is what pipes are enlarged to, in bytes, where that is allowed:
// fs.pipe-max-size of every Linux for those who are not root (pipe(7)).
const pipeSize = 1 << 20

// A conduit is a pipe of our own between two descriptors, of which splice(2)
// wants one to be a pipe. It is emptied after every splice into it.
type conduit struct {
	r, w    int
	in, out *splicer
}

// newConduit returns a conduit from src to dst, and enlarges them if they are
// pipes. Where no pipe is to be had, EMFILE is why.
func newConduit(src, dst *desc) (*conduit, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	for _, fd := range []uintptr{uintptr(src.fd), uintptr(fds[0]), uintptr(dst.fd)} {
		if size, err := unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0); err == nil && size < pipeSize {
			unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize)
		}
	}
	return &conduit{fds[0], fds[1], newSplicer(src.fd, fds[1]), newSplicer(fds[0], dst.fd)}, nil
}

func (p *conduit) close() {
	unix.Close(p.r)
	unix.Close(p.w)
}

// A splicer is splice(2) from one descriptor to another.
type splicer struct {
	from, to int
	most     int64 // bytes, of a call
	n        int64 // of the last call
	err      error
	once     func(uintptr) bool // for a RawConn; made once, a call would allocate it
}

func newSplicer(from, to int) *splicer {
	s := &splicer{from: from, to: to}
	s.once = func(uintptr) bool {
		s.call()
		return s.err != unix.EAGAIN
	}
	return s
}

// move moves at most most bytes when d, which is the side that is no conduit,
// is ready. Zero and no error is the end of the side to read.
func (s *splicer) move(d *desc, most int64) (n int64, err error) {
	s.most = most
	switch {
	case d.kind == descMemory:
		s.call()
	case d.kind == descFile:
		s.callFile()
	case d.fd == s.from:
		err = d.raw.Read(s.once)
	default:
		err = d.raw.Write(s.once)
	}
	if err != nil {
		return 0, err
	}
	return s.n, s.err
}

// call does not block: neither the conduit nor the other side does. So the
// runtime is not told of it, whose monitor thread would watch how long it
// takes, and wake up others to help: a sixth of the CPU time. Not with
// SPLICE_F_MORE, which holds back the tail of a message for 200 ms
// (golang/go#10948).
func (s *splicer) call() {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SPLICE, uintptr(s.from), 0, uintptr(s.to), 0, uintptr(s.most),
			unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		switch errno {
		case 0:
			s.n, s.err = int64(n), nil
			return
		case unix.EINTR:
		default:
			s.n, s.err = 0, errno
			return
		}
	}
}

// callFile is call where a file may have to wait for its disk.
func (s *splicer) callFile() {
	for {
		n, err := unix.Splice(s.from, nil, s.to, nil, int(s.most), unix.SPLICE_F_MOVE)
		if err != unix.EINTR {
			s.n, s.err = int64(n), err
			return
		}
	}
}
