package relay

import "golang.org/x/sys/unix"

// pipeSize is what pipes are enlarged to, in bytes, where that is allowed:
// fs.pipe-max-size of every Linux for those who are not root (pipe(7)).
const pipeSize = 1 << 20

// noConduit is a test seam: no pipe is to be had.
var noConduit bool

// A conduit is a pipe of our own between two descriptors, of which splice(2)
// wants one to be a pipe. It is emptied after every splice into it.
type conduit struct {
	r, w    int
	in, out *splicer
}

// newConduit returns a conduit from src to dst, and enlarges them if they are
// pipes. Its error is that no pipe is to be had (EMFILE), or but a tiny one,
// which a user who has many is given (pipe(7), pipe-user-pages-soft).
func newConduit(src, dst *desc) (*conduit, error) {
	if noConduit {
		return nil, unix.EMFILE
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	p := &conduit{fds[0], fds[1], newSplicer(src, src.fd, fds[1]), newSplicer(dst, fds[0], dst.fd)}
	if enlarge(p.w) < bufferSize {
		p.close()
		return nil, unix.EPERM
	}
	enlarge(src.fd)
	enlarge(dst.fd)
	return p, nil
}

// enlarge has a pipe hold pipeSize bytes if that is allowed, and returns what
// it holds; less than 1 if fd is no pipe.
func enlarge(fd int) int {
	size, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
	if err != nil || size >= pipeSize {
		return size
	}
	if larger, err := unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, pipeSize); err == nil {
		size = larger
	}
	return size
}

func (p *conduit) close() {
	unix.Close(p.r)
	unix.Close(p.w)
}

// A splicer is splice(2) between d and a conduit, or sendfile(2) from a file.
type splicer struct {
	d        *desc
	from, to int
	most     int64 // bytes, of a call
	n        int64 // of the last call
	err      error
	once     func(uintptr) bool // for a RawConn; made once, a call would allocate it
}

// newSplicer returns one from a descriptor to another, one of which is d's.
func newSplicer(d *desc, from, to int) *splicer {
	s := &splicer{d: d, from: from, to: to}
	s.once = func(uintptr) bool {
		s.call(unix.SPLICE_F_MOVE | unix.SPLICE_F_NONBLOCK)
		return s.err != unix.EAGAIN
	}
	return s
}

// move moves at most most bytes once d is ready. Zero and no error is the end
// of what is read.
func (s *splicer) move(most int64) (n int64, err error) {
	s.most = most
	switch {
	case s.d.kind == descFile && s.d.fd == s.from:
		s.sendfile()
	case s.d.kind == descFile, s.d.kind == descMemory:
		s.call(unix.SPLICE_F_MOVE)
	case s.d.fd == s.from:
		err = s.d.raw.Read(s.once)
	default:
		err = s.d.raw.Write(s.once)
	}
	if err != nil {
		return 0, err
	}
	return s.n, s.err
}

// call is made by way of the runtime where it may wait, as it does, in spite of
// O_NONBLOCK, for a process that has the same pipe locked. Not with SPLICE_F_MORE,
// which holds back the tail of a message for 200 ms (golang/go#10948).
func (s *splicer) call(flags int) {
	switch s.d.kind {
	case descSocket, descMemory:
		s.n, s.err = rawSplice(s.from, s.to, int(s.most), flags)
		return
	}
	for {
		n, err := unix.Splice(s.from, nil, s.to, nil, int(s.most), flags)
		if err != unix.EINTR {
			s.n, s.err = int64(n), err
			return
		}
	}
}

// sendfile is call from a file. sendfile(2) into a pipe takes as much as there
// is room for; straight into a socket it is 64 KiB at a time, whatever was
// asked for, which took 7 % more of the processor.
func (s *splicer) sendfile() {
	for {
		n, err := unix.Sendfile(s.to, s.from, nil, int(s.most))
		if err != unix.EINTR {
			s.n, s.err = int64(n), err
			return
		}
	}
}
