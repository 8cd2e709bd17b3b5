package relay

import (
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

func flagsOf(t testing.TB, f *os.File) int {
	t.Helper()
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil {
		t.Fatal(err)
	}
	return flags
}

// openTerminal returns a terminal and its other side.
func openTerminal(t testing.TB) (tty, master *os.File) {
	t.Helper()
	m, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	master = tests(t, m)
	var n uint32
	rc := must(master.SyscallConn())
	rc.Control(func(fd uintptr) {
		n, err = unix.IoctlGetUint32(int(fd), unix.TIOCGPTN)
		if err == nil {
			err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open("/dev/pts/"+strconv.Itoa(int(n)), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	return callers(t, fd), master
}

// A stdioPair is a standard input and output of some kind, and the other side
// of them.
type stdioPair struct {
	name string
	open func(t *testing.T) (in, out *os.File, w io.Writer, r io.Reader)
}

var stdioPairs = []stdioPair{
	{"pipe", func(t *testing.T) (in, out *os.File, w io.Writer, r io.Reader) {
		in, w = pair(stdinPipe(t))
		rr, out := stdoutPipe(t)
		return in, out, w, rr
	}},
	{"socket", func(t *testing.T) (in, out *os.File, w io.Writer, r io.Reader) {
		f, c := stdioSocket(t)
		return f, f, c, c
	}},
	{"terminal", func(t *testing.T) (in, out *os.File, w io.Writer, r io.Reader) {
		tty, master := openTerminal(t)
		return tty, tty, master, master
	}},
}

func pair(in, w *os.File) (*os.File, io.Writer) { return in, w }

// The flags of the caller's descriptors stay as they are before, while and
// after they are used, and what is written meanwhile by others blocks or does
// not block as before.
func TestFilesFlags(t *testing.T) {
	for _, c := range stdioPairs {
		for _, nonblocking := range []bool{false, true} {
			t.Run(c.name+"-"+strconv.FormatBool(nonblocking), func(t *testing.T) {
				testutil.CheckLeaks(t)
				in, out, w, r := c.open(t)
				unix.SetNonblock(int(in.Fd()), nonblocking)
				unix.SetNonblock(int(out.Fd()), nonblocking)
				inFlags, outFlags := flagsOf(t, in), flagsOf(t, out)
				unchanged := func(when string) {
					t.Helper()
					if flagsOf(t, in) != inFlags || flagsOf(t, out) != outFlags {
						t.Errorf("%s: flags are %#o and %#o, were %#o and %#o", when, flagsOf(t, in), flagsOf(t, out), inFlags, outFlags)
					}
				}
				here, there := tcpPair(t)
				local := files(t, in, out)
				unchanged("open")
				ctx, cancel := context.WithCancel(context.Background())
				relay := piping(ctx, local, Conn(here), Policy{})
				must(io.WriteString(w, "up\n"))
				must(io.ReadFull(there, make([]byte, 3)))
				unchanged("read")
				must(io.WriteString(there, "down"))
				must(io.ReadFull(r, make([]byte, 4)))
				unchanged("written")
				cancel()
				testutil.Await(t, relay, "the relay")
				unchanged("over")
			})
		}
	}
}

// A pipe and a terminal get descriptions of our own, others keep theirs,
// because of the offset or because there is no way.
func TestFilesReopen(t *testing.T) {
	testutil.CheckLeaks(t)
	sameDescription := func(a, b any) bool {
		x, y := a.(*os.File), b.(*os.File)
		return x == y
	}
	in, _ := stdinPipe(t)
	_, out := stdoutPipe(t)
	e := files(t, in, out)
	if sameDescription(e.R, in) || sameDescription(e.W, out) {
		t.Error("a pipe was not opened anew")
	}
	if flagsOf(t, e.R.(*os.File))&unix.O_ACCMODE != unix.O_RDONLY || flagsOf(t, e.W.(*os.File))&unix.O_ACCMODE != unix.O_WRONLY {
		t.Error("a pipe was opened anew for more than it is for")
	}
	f := dataFile(t, 100)
	if e := files(t, f, f); !sameDescription(e.R, f) || !sameDescription(e.W, f) {
		t.Error("a file was opened anew")
	}
	null := must(os.OpenFile(os.DevNull, os.O_RDWR, 0))
	defer null.Close()
	if e := files(t, null, null); !sameDescription(e.R, null) || !sameDescription(e.W, null) {
		t.Error("/dev/null was opened anew")
	}
}

// A pipe whose reader has gone already can't be opened anew.
func TestFilesPipeWithoutReader(t *testing.T) {
	testutil.CheckLeaks(t)
	r, out := stdoutPipe(t)
	r.Close()
	e := files(t, nil, out)
	if _, err := e.W.Write([]byte("x")); err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("written: %v", err)
	}
}

// A read and a write under way are ended by the interrupt, and so are those
// that come later.
func TestFilesInterrupt(t *testing.T) {
	for _, c := range stdioPairs {
		t.Run(c.name, func(t *testing.T) {
			testutil.CheckLeaks(t)
			in, out, _, r := c.open(t)
			e := files(t, in, out)
			read := testutil.Background(func() error { _, err := e.R.Read(make([]byte, 1)); return err })
			written := testutil.Background(func() error {
				_, err := e.W.Write(bytesOf(16 << 20))
				return err
			})
			stalled(t, r.(syscall.Conn))
			e.interrupt()
			for _, done := range []<-chan error{read, written} {
				if err := testutil.Await(t, done, "the interrupt"); !interrupted(err) {
					t.Errorf("interrupted: %v", err)
				}
			}
			if _, err := e.R.Read(make([]byte, 1)); !interrupted(err) {
				t.Errorf("read after the interrupt: %v", err)
			}
			if _, err := e.W.Write(make([]byte, 1)); !interrupted(err) {
				t.Errorf("written after the interrupt: %v", err)
			}
		})
	}
}

// CloseWrite ends what was written, for its reader, and leaves
// /dev/null where it was, without touching its neighbours.
func TestFilesCloseWrite(t *testing.T) {
	for _, to := range sinks {
		t.Run(to.name, func(t *testing.T) {
			testutil.CheckLeaks(t)
			out, got := to.open(t)
			e := files(t, nil, out)
			before := testutil.OpenFiles()
			must(io.Copy(struct{ io.Writer }{e.W}, dataOf(1000)))
			if err := e.CloseWrite(); err != nil {
				t.Error(err)
			}
			if got != nil {
				expectData(t, "the reader", got(), 1000)
			}
			if now := testutil.OpenFiles(); now > before {
				t.Errorf("%d descriptors, were %d", now, before)
			}
			name := must(os.Readlink("/proc/self/fd/" + strconv.Itoa(int(out.Fd()))))
			if _, err := unix.Write(int(out.Fd()), []byte("x")); name != os.DevNull || err != nil {
				t.Errorf("in its place is %s, written: %v", name, err)
			}
			if flags, err := unix.FcntlInt(out.Fd(), unix.F_GETFD, 0); err != nil || flags != 0 {
				t.Errorf("which a child would not inherit: %#x, %v", flags, err)
			}
		})
	}
}

// What close has to say is returned.
func TestFilesCloseWriteError(t *testing.T) {
	_, out := stdoutPipe(t)
	e := files(t, nil, out)
	e.W.(*os.File).Close()
	out.Close()
	if e.CloseWrite() == nil {
		t.Error("what was closed was closed again without an error")
	}
}

// What readable says of an input that gives something, ends, or waits.
func TestFilesReady(t *testing.T) {
	testutil.CheckLeaks(t)
	idle, _ := stdinPipe(t)
	ended, w := stdinPipe(t)
	w.Close()
	full, w := stdinPipe(t)
	must(io.WriteString(w, "x"))
	null := must(os.Open(os.DevNull))
	defer null.Close()
	for _, c := range []struct {
		name string
		in   *os.File
		want bool
	}{{"idle", idle, false}, {"ended", ended, true}, {"full", full, true}, {"file", dataFile(t, 0), true}, {"null", null, true}} {
		if got := files(t, c.in, nil).src.ready(); got != c.want {
			t.Errorf("%s: ready is %v", c.name, got)
		}
	}
}

// A terminal is read a line at a time, and ^D ends it.
func TestTerminal(t *testing.T) {
	testutil.CheckLeaks(t)
	tty, master := openTerminal(t)
	e := files(t, tty, nil)
	read := func() (string, error) {
		b := make([]byte, 100)
		type result struct {
			n   int
			err error
		}
		r := testutil.Await(t, testutil.Background(func() result { n, err := e.R.Read(b); return result{n, err} }), "a line")
		return string(b[:r.n]), r.err
	}
	must(io.WriteString(master, "hello\n"))
	if line, err := read(); line != "hello\n" || err != nil {
		t.Errorf("read %q, %v", line, err)
	}
	must(io.WriteString(master, "\x04"))
	if line, err := read(); line != "" || err != io.EOF {
		t.Errorf("after ^D read %q, %v", line, err)
	}
}

// The master of a pseudo-terminal is read and written itself, not that of
// another one, until no program has the terminal any more.
func TestMaster(t *testing.T) {
	testutil.CheckLeaks(t)
	tty, master := openTerminal(t)
	here, there := tcpPair(t)
	there.SetDeadline(time.Now().Add(testutil.Timeout))
	relay := piping(context.Background(), files(t, master, master), Conn(here), Policy{})
	must(tty.WriteString("out\n"))
	b := make([]byte, 5)
	if _, err := io.ReadFull(there, b); string(b) != "out\r\n" {
		t.Errorf("the terminal gave %q, %v", b, err)
	}
	must(io.WriteString(there, "in\n"))
	line := testutil.Await(t, testutil.Background(func() []byte { b := make([]byte, 10); return b[:must(tty.Read(b))] }), "a line")
	if string(line) != "in\n" {
		t.Errorf("the terminal got %q", line)
	}
	tty.Close()
	if b, err := io.ReadAll(there); string(b) != "in\r\n" || err != nil {
		t.Errorf("the echo was %q, %v", b, err)
	}
	there.Close()
	expectTotals(t, testutil.Await(t, relay, "the relay"), 9, 3)
}
