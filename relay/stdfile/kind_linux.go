package relay

import (
	"net"
	"os"
	"syscall"

	"github.com/mattn/go-isatty"
	"golang.org/x/sys/unix"
)

// A descKind says what the kernel can do with a descriptor.
type descKind int

const (
	descOther  descKind = iota
	descFile            // a regular file or a disk: it never blocks
	descMemory          // /dev/null and its like
	descTerminal
	descPipe
	descSocket // a stream
)

// A desc is one side of a zero-copy move.
type desc struct {
	kind descKind
	raw  syscall.RawConn
	fd   int // borrowed: the flow's owner closes nothing while it runs
}

// descOf looks at what is behind a reader or a writer; descOther when that is
// anything but a bare descriptor of a kind that splice knows.
func descOf(x any) desc {
	var d desc
	switch x := x.(type) {
	case *os.File:
		d = rawDesc(x)
		d.kind = fileKind(d.fd)
	case *net.TCPConn:
		d = rawDesc(x)
		d.kind = descSocket
	case *net.UnixConn:
		if x.LocalAddr().Network() == "unix" {
			d = rawDesc(x)
			d.kind = descSocket
		}
	}
	if d.raw == nil {
		d.kind = descOther
	}
	return d
}

// spliceable reports whether splice(2) writes to d from a pipe: not if it was
// opened with O_APPEND.
func (d *desc) spliceable() bool {
	switch d.kind {
	case descPipe:
		return true
	case descFile, descMemory, descTerminal:
		flags, err := unix.FcntlInt(uintptr(d.fd), unix.F_GETFL, 0)
		return err == nil && flags&unix.O_APPEND == 0
	}
	return false
}

// mayTakeLong reports whether a call that moves bytes takes its time whatever
// its flags: a file's does, and a terminal's.
func (d *desc) mayTakeLong() bool { return d.kind == descFile || d.kind == descTerminal }

func rawDesc(c syscall.Conn) (d desc) {
	rc, err := c.SyscallConn()
	if err == nil {
		err = rc.Control(func(fd uintptr) { d.fd = int(fd) })
	}
	if err == nil {
		d.raw = rc
	}
	return d
}

func fileKind(fd int) descKind {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return descOther
	}
	kind := kindOf(st.Mode, uint64(st.Rdev))
	if kind == descOther && isatty.IsTerminal(uintptr(fd)) {
		return descTerminal
	}
	return kind
}

// kindOf is what a file's mode and device tell.
func kindOf(mode uint32, rdev uint64) descKind {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFBLK:
		return descFile
	case unix.S_IFIFO:
		return descPipe
	case unix.S_IFCHR:
		if isMemoryDevice(rdev) {
			return descMemory
		}
	}
	return descOther
}
