//go:build unix

package relay

import (
	"io"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// files returns Files without what it keeps as long as the process lives; there is
// no exit here to close out.
func files(t testing.TB, in, out *os.File) End {
	t.Helper()
	e := Files(in, out)
	e.dst.exitCloses = false
	t.Cleanup(e.release)
	return e
}

// A descriptor of a caller blocks, as most do; the other end, which the test
// has, does not.
func callers(t testing.TB, fd int) *os.File {
	t.Helper()
	f := os.NewFile(uintptr(fd), "caller's")
	t.Cleanup(func() { f.Close() })
	return f
}

func tests(t testing.TB, fd int) *os.File {
	t.Helper()
	unix.SetNonblock(fd, true)
	f := os.NewFile(uintptr(fd), "test's")
	t.Cleanup(func() { f.Close() })
	return f
}

func newPipe() (r, w int) {
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		panic(err)
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	return fds[0], fds[1]
}

// stdinPipe returns a pipe whose reading end serves as standard input.
func stdinPipe(t testing.TB) (in, w *os.File) {
	t.Helper()
	a, b := newPipe()
	return callers(t, a), tests(t, b)
}

// stdoutPipe returns a pipe whose writing end serves as standard output.
func stdoutPipe(t testing.TB) (r, out *os.File) {
	t.Helper()
	a, b := newPipe()
	return tests(t, a), callers(t, b)
}

// stdioSocket returns a socket that serves as standard input or output.
func stdioSocket(t testing.TB) (f *os.File, c net.Conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	theirs := tests(t, fds[1])
	defer theirs.Close()
	c = must(net.FileConn(theirs))
	t.Cleanup(func() { c.Close() })
	return callers(t, fds[0]), c
}

// feed writes n bytes to w and closes it.
func feed(w io.WriteCloser, n int64) {
	go func() {
		io.Copy(struct{ io.Writer }{w}, dataOf(n))
		w.Close()
	}()
}

// writable reports whether a write to f would go through at once.
func writable(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLOUT}}
	n, _ := unix.Poll(fds, 0)
	return n > 0
}
