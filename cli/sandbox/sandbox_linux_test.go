package sandbox_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"gonc/cli/sandbox"
)

// The tests run this test binary, built without cgo, as a child that enters
// the sandbox and tries from inside what TRY names.
func TestMain(m *testing.M) {
	if try := os.Getenv("SANDBOX_TRY"); try != "" {
		os.Stdout.WriteString(inside(try))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// inside enters the sandbox and returns what is in force and how try ended.
func inside(try string) string {
	if os.Getenv("SANDBOX_ENOSYS") != "" {
		if err := withoutLandlock(); err != nil {
			return "seccomp: " + err.Error()
		}
	}
	needs := sandbox.Needs{Connect: os.Getenv("SANDBOX_CONNECT") != "", Listen: os.Getenv("SANDBOX_LISTEN") != ""}
	if dir := os.Getenv("SANDBOX_READ"); dir != "" {
		needs.Read = []string{dir}
	}
	if dir := os.Getenv("SANDBOX_REMOVE"); dir != "" {
		needs.Remove = []string{dir}
	}
	var errs []error
	names, err := sandbox.Enter(needs)
	errs = append(errs, err)
	// On every thread: goroutines that block their thread are given new ones.
	for range 4 {
		done := make(chan error)
		go func() {
			runtime.LockOSThread()
			done <- attempt(try, os.Getenv("SANDBOX_ARG"))
		}()
		errs = append(errs, <-done)
	}
	if err := errors.Join(errs...); err != nil {
		return strings.Join(names, " ") + ": " + err.Error()
	}
	return strings.Join(names, " ") + ": allowed"
}

func attempt(try, arg string) error {
	switch try {
	case "open":
		f, err := os.Open(arg)
		if err == nil {
			f.Close()
		}
		return err
	case "create":
		return os.WriteFile(arg, nil, 0o600)
	case "remove":
		os.Remove(arg)
		_, err := os.Lstat(arg)
		if err == nil {
			return errors.New("still there: permission denied")
		}
		return nil
	case "connect":
		c, err := net.Dial("tcp", arg)
		if err == nil {
			c.Close()
		}
		return err
	case "listen":
		var lc net.ListenConfig
		lc.SetMultipathTCP(false) // which Landlock leaves alone
		l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err == nil {
			l.Close()
		}
		return err
	}
	return errors.New("unknown attempt")
}

// withoutLandlock has the kernel answer ENOSYS to Landlock's system calls, as
// one before Linux 5.13 does, by a seccomp(2) filter.
func withoutLandlock() error {
	const allow, enosys = 0x7fff0000, 0x00050000 | uint32(unix.ENOSYS)
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: unix.SYS_LANDLOCK_CREATE_RULESET, Jf: 2},
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, K: unix.SYS_LANDLOCK_RESTRICT_SELF, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: enosys},
		{Code: unix.BPF_RET | unix.BPF_K, K: allow},
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const tsync = 1 // SECCOMP_FILTER_FLAG_TSYNC
	_, _, errno := syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_MODE_FILTER-1, tsync, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return errno
	}
	return nil
}

// testBinary builds this test without cgo.
func testBinary(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "sandbox.test")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	abi, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 || abi < 4 {
		t.Skipf("this kernel has no Landlock for TCP: version %d, %v", abi, errno)
	}
	return binary
}

// tried returns what binary prints, which tries something inside.
func tried(t *testing.T, binary string, env ...string) string {
	t.Helper()
	try := exec.Command(binary)
	try.Env = append(os.Environ(), env...)
	out, err := try.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func TestEnter(t *testing.T) {
	binary := testBinary(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	const denied = "permission denied"
	for _, test := range []struct {
		try, arg, env, want string
	}{
		{"open", file, "", denied},
		{"open", "/etc/passwd", "", denied},
		{"open", os.DevNull, "", "allowed"},
		{"open", file, "SANDBOX_READ=" + dir, "allowed"},
		{"open", file, "SANDBOX_READ=" + file, "allowed"},
		{"open", "/etc/hosts", "SANDBOX_CONNECT=1", "allowed"},
		{"create", filepath.Join(dir, "new"), "SANDBOX_READ=" + dir, denied},
		{"remove", file, "SANDBOX_READ=" + dir, denied},
		{"connect", l.Addr().String(), "", denied},
		{"connect", l.Addr().String(), "SANDBOX_LISTEN=1", denied},
		{"connect", l.Addr().String(), "SANDBOX_CONNECT=1", "allowed"},
		{"listen", "", "", denied},
		{"listen", "", "SANDBOX_CONNECT=1", denied},
		{"listen", "", "SANDBOX_LISTEN=1", "allowed"},
		{"remove", file, "SANDBOX_REMOVE=" + dir, "allowed"},
	} {
		name := test.try + " " + strings.SplitN(test.env, "=", 2)[0] + " " + filepath.Base(test.arg)
		t.Run(name, func(t *testing.T) {
			out := tried(t, binary, "SANDBOX_TRY="+test.try, "SANDBOX_ARG="+test.arg, test.env)
			if !strings.HasPrefix(out, "no_new_privs landlock: ") || !strings.Contains(out, test.want) {
				t.Errorf("%s, want %s", out, test.want)
			}
		})
	}
	t.Run("no Landlock", func(t *testing.T) {
		out := tried(t, binary, "SANDBOX_ENOSYS=1", "SANDBOX_TRY=open", "SANDBOX_ARG=/etc/passwd")
		if want := "no_new_privs: allowed"; out != want {
			t.Errorf("%s, want %s", out, want)
		}
	})
}
