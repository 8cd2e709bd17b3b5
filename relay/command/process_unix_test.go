//go:build unix

package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// limit bounds everything that is waited for, also on a busy machine.
const limit = 20 * time.Second

func start(t *testing.T, p *Program) *Process {
	t.Helper()
	p.Env = os.Environ()
	c, err := p.Start(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Hangup(); c.Close() })
	c.SetDeadline(time.Now().Add(limit))
	return c
}

func TestProcessIsAConnection(t *testing.T) {
	c := start(t, Direct([]string{"cat"}))
	data := bytes.Repeat([]byte("0123456789"), 100_000)
	go func() {
		c.Write(data)
		c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes of %d, %v", len(got), len(data), err)
	}
	if s := c.State(); !s.Success() {
		t.Error(s)
	}
}

// TestChildHoldsPipe: what a program leaves behind keeps nothing waiting, and
// what was written before is read.
func TestChildHoldsPipe(t *testing.T) {
	c := start(t, Shell("sleep 1000 & echo $!; head -c 60000 /dev/zero"))
	got, err := io.ReadAll(c)
	pid, _, _ := strings.Cut(string(got), "\n")
	n, _ := strconv.Atoi(pid)
	if n <= 0 {
		t.Fatalf("no process behind in %.20q, %v", got, err)
	}
	defer syscall.Kill(n, syscall.SIGKILL)
	if err != nil || len(got) != len(pid)+1+60000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := syscall.Kill(n, 0); err != nil {
		t.Errorf("what was left behind: %v", err)
	}
	if n, err := c.Write(make([]byte, 1<<20)); n != 1<<20 || err != nil {
		t.Errorf("Write to a program that has ended: %d, %v", n, err)
	}
}

// TestNeverReads: a program that has closed its input takes all there is.
func TestNeverReads(t *testing.T) {
	c := start(t, Shell("exec <&-; echo closed; sleep 1000"))
	io.ReadFull(c, make([]byte, 7))
	if n, err := c.Write(make([]byte, 1<<20)); n != 1<<20 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// TestWriteEndsWithProgram: a Write that waits for room is over when the
// program is, though something else holds the pipe.
func TestWriteEndsWithProgram(t *testing.T) {
	c := start(t, Shell("(sleep 1000 0<&3 & echo $!) 3<&0; read x"))
	written := make(chan error, 1)
	go func() {
		_, err := c.Write(append([]byte("\n"), make([]byte, 4<<20)...))
		written <- err
	}()
	got, _ := io.ReadAll(c)
	if n, _ := strconv.Atoi(strings.TrimSpace(string(got))); n > 0 {
		defer syscall.Kill(n, syscall.SIGKILL)
	} else {
		t.Fatalf("%q", got)
	}
	select {
	case err := <-written:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(limit):
		t.Fatal("Write still waits")
	}
}

// TestDeadlines: they end what waits, and that is not taken for the end.
func TestDeadlines(t *testing.T) {
	c := start(t, Direct([]string{"sleep", "1000"}))
	c.SetDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read: %v", err)
	}
	if _, err := c.Write(make([]byte, 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Write: %v", err)
	}
}

func TestHangup(t *testing.T) {
	t.Run("ends the group", func(t *testing.T) {
		t.Parallel()
		c := start(t, Shell("sleep 1000 & echo $!; wait"))
		n := readPID(t, c)
		c.Hangup()
		awaitGone(t, n)
		if ws := c.State().Sys().(syscall.WaitStatus); ws.Signal() != syscall.SIGHUP {
			t.Errorf("ended by %v", ws.Signal())
		}
	})
	t.Run("returns as soon as all have ended", func(t *testing.T) {
		// One that this process waits for: when init waits for another is its affair.
		c := start(t, Shell("echo $$; exec sleep 1000"))
		readPID(t, c)
		began := time.Now()
		c.Hangup()
		if took := time.Since(began); took >= killAfter {
			t.Errorf("took %v", took)
		}
	})
	t.Run("kills what ignores it", func(t *testing.T) {
		t.Parallel()
		c := start(t, Shell("trap '' HUP; sleep 1000 & echo $!; wait; sleep 1000"))
		n := readPID(t, c)
		began := time.Now()
		c.Hangup()
		awaitGone(t, n)
		if took := time.Since(began); took < killAfter {
			t.Errorf("took %v", took)
		}
	})
	t.Run("kills what the program has left in its group", func(t *testing.T) {
		t.Parallel()
		c := start(t, Shell("(trap '' HUP; exec sleep 1000) & echo $!; sleep 1000; exit"))
		n := readPID(t, c)
		c.Hangup()
		awaitGone(t, n)
	})
	t.Run("of a stopped program", func(t *testing.T) {
		c := start(t, Shell("echo $$; kill -STOP $$"))
		readPID(t, c)
		c.Hangup()
	})
	t.Run("of one that has ended", func(t *testing.T) {
		c := start(t, Direct([]string{"true"}))
		c.State()
		c.Hangup()
	})
}

// readPID reads a line that is a number.
func readPID(t *testing.T, r io.Reader) int {
	t.Helper()
	var line []byte
	for b := make([]byte, 1); ; line = append(line, b[0]) {
		if _, err := r.Read(b); err != nil {
			t.Fatal(err)
		}
		if b[0] == '\n' {
			break
		}
	}
	n, err := strconv.Atoi(string(line))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// awaitGone waits until a process runs no more. Its parent may be slow to
// notice.
func awaitGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if syscall.Kill(pid, 0) == syscall.ESRCH || bytes.Contains(stat, []byte(") Z ")) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still there", pid)
		}
	}
}

// TestPackets: each write of a program is one read, also those that are longer
// than a pipe would keep in one piece, and empty ones end nothing.
func TestPackets(t *testing.T) {
	if r, w, err := packetPipe(); err != nil {
		t.Fatal(err)
	} else {
		info, _ := r.Stat()
		r.Close()
		w.Close()
		if info.Mode()&os.ModeSocket == 0 {
			t.Skip("no packets on this system")
		}
	}
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip(err)
	}
	p := Direct([]string{"python3", "-c", `
import os
for n in (1, 2, 0, 5000, 0, 65507, 3, 100000):
    os.write(1, b"x" * n)
`})
	p.Env = os.Environ()
	c, err := p.StartPackets(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	defer c.Hangup()
	c.SetDeadline(time.Now().Add(limit))
	var sizes []int
	for buf := make([]byte, 65507); ; {
		n, err := c.Read(buf)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, n)
	}
	if want := []int{1, 2, 5000, 65507, 3, 65507, 100000 - 65507}; !slices.Equal(sizes, want) {
		t.Errorf("%v, want %v", sizes, want)
	}
}

func TestStartErrors(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	os.WriteFile(plain, []byte("text"), 0o644)
	noInterpreter := filepath.Join(dir, "script")
	os.WriteFile(noInterpreter, []byte("#!/no/such/interpreter\n"), 0o755)
	noFormat := filepath.Join(dir, "binary")
	os.WriteFile(noFormat, []byte{0x7f, 'E', 'L', 'F', 0}, 0o755)
	for _, c := range []struct {
		name    string
		want    error
		atStart bool // Check can't know
	}{
		{"no-such-program-anywhere", exec.ErrNotFound, false},
		{filepath.Join(dir, "nothing"), os.ErrNotExist, false},
		{plain, os.ErrPermission, false},
		{dir, syscall.EISDIR, false},
		{noInterpreter, os.ErrNotExist, true},
		{noFormat, syscall.ENOEXEC, true},
		{strings.Repeat("x", 10000), exec.ErrNotFound, false},
		{"/" + strings.Repeat("x", 10000), syscall.ENAMETOOLONG, false},
	} {
		p := Direct([]string{c.name})
		if err := p.Check(); !c.atStart && !errors.Is(err, c.want) || c.atStart && err != nil {
			t.Errorf("Check of %.60s: %v", c.name, err)
		}
		_, err := p.Start(nil)
		var failed *StartError
		if !errors.As(err, &failed) || failed.Name != c.name || !errors.Is(err, c.want) {
			t.Errorf("Start of %.60s: %.200v", c.name, err)
		}
	}
}

// TestNothingInherited: the program has its three descriptors, which block,
// and none of ours, however many programs start at once.
func TestNothingInherited(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip(err)
	}
	inherited := func(fd int) bool { // from what started the test
		flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
		return errno == 0 && flags&syscall.FD_CLOEXEC == 0
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var all sync.WaitGroup
	for range 20 {
		c := start(t, Shell("ls /proc/$$/fd; grep flags /proc/$$/fdinfo/0 /proc/$$/fdinfo/1"))
		all.Go(func() {
			got, err := io.ReadAll(c)
			if err != nil {
				t.Error(err)
			}
			for _, line := range strings.Split(string(got), "\n") {
				if fd, err := strconv.Atoi(line); err == nil && fd > 2 && !inherited(fd) {
					t.Errorf("descriptor %d", fd)
				}
				if _, flags, ok := strings.Cut(line, "flags:\t"); ok {
					if f, _ := strconv.ParseInt(flags, 8, 64); f&syscall.O_NONBLOCK != 0 {
						t.Errorf("does not block: %s", line)
					}
				}
			}
		})
	}
	all.Wait()
}

// TestEnvironment tests what a program sees of a connection.
func TestEnvironment(t *testing.T) {
	ln, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p := Shell("env")
	p.Env = []string{"A=1", "NCAT_PROTO=false", "PATH=" + os.Getenv("PATH")}
	proc, err := p.Start(Environment(c))
	if err != nil {
		t.Fatal(err)
	}
	defer proc.Close()
	out, _ := io.ReadAll(proc)
	env := strings.Split(string(out), "\n")
	_, remote, _ := net.SplitHostPort(c.RemoteAddr().String())
	_, local, _ := net.SplitHostPort(c.LocalAddr().String())
	for _, prefix := range []string{"GONC_", "NCAT_"} {
		for _, want := range []string{"REMOTE_ADDR=::1", "REMOTE_PORT=" + remote, "LOCAL_ADDR=::1", "LOCAL_PORT=" + local, "PROTO=TCP"} {
			if !slices.Contains(env, prefix+want) {
				t.Errorf("no %s in %q", prefix+want, env)
			}
		}
	}
	if !slices.Contains(env, "A=1") || slices.Contains(env, "NCAT_PROTO=false") {
		t.Errorf("%q", env)
	}
}

// TestEnvironmentOfUnixSockets: paths, and no port.
func TestEnvironmentOfUnixSockets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	served, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	env := Environment(served)
	for _, want := range []string{"GONC_REMOTE_PORT=", "GONC_LOCAL_ADDR=" + path, "NCAT_PROTO=UNIX"} {
		if !slices.Contains(env, want) {
			t.Errorf("no %s in %q", want, env)
		}
	}
	for _, v := range env {
		if strings.Contains(v, "\x00") {
			t.Errorf("a zero byte in %q", v)
		}
	}
}
