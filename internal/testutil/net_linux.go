package testutil

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// SilentPort returns a port of 127.0.0.1 that does not answer: the backlog of
// its listener is full, so the kernel drops every SYN.
func SilentPort(t testing.TB) uint16 {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: Loopback4.As4()}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(sa.(*unix.SockaddrInet4).Port)
	for range 2 {
		c, err := net.DialTimeout("tcp", netip.AddrPortFrom(Loopback4, port).String(), 100*time.Millisecond)
		if err == nil {
			t.Cleanup(func() { c.Close() })
		}
	}
	return port
}

// InProcess runs the current test again in a process of its own, where InChild
// is true, with the attributes attr.
func InProcess(t *testing.T, attr *syscall.SysProcAttr) {
	t.Helper()
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v")
	cmd.Env = append(os.Environ(), "GONC_CHILD=1")
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM):
		t.Skip("not permitted to create a network namespace")
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("%s", out)
	}
}

// InChild reports whether InProcess started this process.
func InChild() bool { return os.Getenv("GONC_CHILD") != "" }

// LimitDescriptors sets RLIMIT_NOFILE of this process to n.
func LimitDescriptors(t testing.TB, n uint64) {
	t.Helper()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
}

// RunCommand runs a command, which prepares a network namespace, and returns
// its output. The test is skipped if it fails.
func RunCommand(t testing.TB, command string) string {
	t.Helper()
	words := strings.Fields(command)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Skipf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

// AwaitLink waits until the interface that command shows is up, which may
// take a second after it was set up.
func AwaitLink(t testing.TB, command string) {
	t.Helper()
	for range 500 {
		if strings.Contains(RunCommand(t, command), "state UP") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the link does not come up")
}

// Knob sets a parameter of the kernel. The test is skipped if that fails.
func Knob(t testing.TB, file, value string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(value), 0o644); err != nil {
		t.Skip(err)
	}
}
