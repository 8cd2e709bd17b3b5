package cli

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// A machine without IPv6 has no address to connect to ::1 from, whatever the
// source port: here one whose network has nothing yet.
func TestNoAddressLeadsThere(t *testing.T) {
	for _, args := range [][]string{{"::1", "9"}, {"-p", "9009", "::1", "9"}, {"-u", "::1", "9"}} {
		p := gonc(nil, args...)
		id := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET, UidMappings: id}
		if err := p.start(); errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.EINVAL) {
			t.Skip("no namespaces: ", err)
		} else if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, p, "1")
		if lines(p.stderr.String(), "gonc: hint: no address of this machine leads there\n") != 1 {
			t.Errorf("%v: %s", args, p)
		}
	}
}
