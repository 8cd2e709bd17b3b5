package stdfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"gonc/internal/testutil"

	"golang.org/x/sys/unix"
)

// A disk is read and written as a file is. (There may be none to try it with.)
func TestModeKind(t *testing.T) {
	for _, c := range []struct {
		mode uint32
		rdev uint64
		want Kind
	}{
		{unix.S_IFREG | 0o644, 0, File},
		{unix.S_IFBLK | 0o600, unix.Mkdev(8, 0), File},
		{unix.S_IFIFO, 0, Pipe},
		{unix.S_IFCHR, unix.Mkdev(1, 3), MemDevice}, // /dev/null
		{unix.S_IFCHR, unix.Mkdev(5, 0), Other},
		{unix.S_IFDIR, 0, Other},
		{unix.S_IFSOCK, 0, Socket},
		{unix.S_IFCHR, unix.Mkdev(1, 11), Other},
	} {
		if kind := modeKind(c.mode, c.rdev); kind != c.want {
			t.Errorf("modeKind(%#o, %#x) is %d, want %d", c.mode, c.rdev, kind, c.want)
		}
	}
}

// A read that the terminal refuses to a background process is tried again
// when the process is continued.
func TestTerminalBackground(t *testing.T) {
	testutil.CheckLeaks(t)
	refused := make(chan struct{}, 10)
	r := &background{refused: refused}
	term := newTerminal(r)
	read := testutil.Background(func() error { _, err := term.Read(make([]byte, 1)); return err })
	testutil.Await(t, refused, "the first read")
	testutil.Await(t, refused, "the second read")
	term.interrupt()
	if err := testutil.Await(t, read, "the interrupt"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("interrupted: %v", err)
	}
}

type background struct{ refused chan struct{} }

func (b *background) Read([]byte) (int, error) {
	b.refused <- struct{}{}
	return 0, &os.PathError{Op: "read", Path: "tty", Err: syscall.EIO}
}

// How each kind of file is read.
func TestOpenInput(t *testing.T) {
	testutil.CheckLeaks(t)
	s, _ := packetSocket(t, unix.SOCK_STREAM)
	in := OpenInput(s)
	defer in.Release()
	if _, ok := in.Reader.(pollSocket); !ok {
		t.Errorf("a socket is read by a %T", in.Reader)
	}
	tty := openTerminal(t)
	in = OpenInput(tty)
	defer in.Release()
	if _, ok := in.Reader.(*terminal); !ok {
		t.Errorf("a terminal is read by a %T", in.Reader)
	}
	pseudo, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer pseudo.Close()
	in = OpenInput(pseudo)
	defer in.Release()
	if _, ok := in.Reader.(*pollFile); !ok {
		t.Errorf("a file that may be one of /proc is read by a %T", in.Reader)
	}
	if _, err := in.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("at its end: %v", err)
	}
}

func openTerminal(t testing.TB) *os.File {
	t.Helper()
	m, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { m.Close() })
	if err := unix.IoctlSetPointerInt(int(m.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(int(m.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	fd, err := unix.Open("/dev/pts/"+strconv.Itoa(n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	f := os.NewFile(uintptr(fd), "tty")
	t.Cleanup(func() { f.Close() })
	return f
}

// A FIFO whose writer has left without a byte is at its EOF.
func TestEmptyFIFO(t *testing.T) {
	testutil.CheckLeaks(t)
	name := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := unix.Open(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	w, err := unix.Open(name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.SetNonblock(r, false)
	unix.Close(w)
	f := os.NewFile(uintptr(r), name)
	defer f.Close()
	in := OpenInput(f)
	defer in.Release()
	ended := testutil.Background(func() error {
		if err := in.Await(); err != nil {
			return err
		}
		_, err := in.Read(make([]byte, 1))
		return err
	})
	if err := testutil.Await(t, ended, "the EOF"); err != io.EOF {
		t.Errorf("read: %v", err)
	}
}

// What nohup(1) leaves as standard input cannot be read.
func TestCanRead(t *testing.T) {
	for flags, want := range map[int]bool{os.O_WRONLY: false, os.O_RDONLY: true, os.O_RDWR: true} {
		f, err := os.OpenFile(os.DevNull, flags, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := CanRead(f); got != want {
			t.Errorf("flags %d: %v", flags, got)
		}
		f.Close()
	}
}

// Closing a socket ends it for its peer, although another descriptor has it.
func TestCloseSocket(t *testing.T) {
	testutil.CheckLeaks(t)
	f, peer := packetSocket(t, unix.SOCK_STREAM)
	other, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(other)
	if err := Close(f); err != nil {
		t.Error(err)
	}
	ended := testutil.Background(func() error { _, err := peer.Read(make([]byte, 1)); return err })
	if err := testutil.Await(t, ended, "the EOF"); err != io.EOF {
		t.Errorf("the peer read: %v", err)
	}
}
