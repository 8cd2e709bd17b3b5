package lab

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Enter runs the test once more in a process that has a network and mounts of
// its own, and reports whether this is that process. Elsewhere the test has
// nothing left to do.
func Enter(t *testing.T) bool {
	t.Helper()
	const mark = "GONC_TEST_LAB"
	if os.Getenv(mark) == t.Name() {
		This().Run(t, "ip link set lo up")
		return true
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can make network namespaces")
	}
	for _, tool := range []string{"ip", "nft", "nsenter"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v", "-test.timeout=120s")
	cmd.Env = append(os.Environ(), mark+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: unix.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("in a network of its own: %v\n%s", err, out)
	} else if strings.Contains(string(out), "--- SKIP") {
		t.Errorf("skipped in a network of its own:\n%s", out)
	} else {
		t.Logf("%s", out)
	}
	return false
}

// Each runs a test for each of all, six at a time: they wait more than they
// work. test begins with Enter.
func Each[T any](t *testing.T, all []T, name func(T) string, test func(*testing.T, T)) {
	var group sync.WaitGroup
	defer group.Wait()
	free := make(chan struct{}, 6)
	for _, one := range all {
		group.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			t.Run(name(one), func(t *testing.T) { test(t, one) })
		})
	}
}

// A Machine is a network namespace.
type Machine struct{ file *os.File }

// This returns the machine on which the test runs.
func This() *Machine { return this() }

var this = sync.OnceValue(func() *Machine {
	f, err := os.Open("/proc/self/ns/net")
	if err != nil {
		panic(err)
	}
	return &Machine{f}
})

// New makes a machine that nothing is connected to.
func New(t *testing.T) *Machine {
	t.Helper()
	m := &Machine{}
	err := apart(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		f, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		m.file = f
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.file.Close() })
	m.Run(t, "ip link set lo up")
	return m
}

// apart runs f on a thread that is not used again. That is not the first one,
// whose network counts as the one of the process.
func apart(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked, except for the first thread
		if unix.Gettid() != unix.Getpid() {
			done <- f()
			return
		}
		err := apart(f)
		runtime.UnlockOSThread()
		done <- err
	}()
	return <-done
}

// On runs f with the network of the machine. What is opened stays there.
func (m *Machine) On(f func() error) error {
	return apart(func() error {
		if err := unix.Setns(int(m.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

func (m *Machine) name() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), m.file.Fd())
}

// Run runs commands there, one a line.
func (m *Machine) Run(t *testing.T, commands string) {
	t.Helper()
	for line := range strings.Lines(commands) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		out, err := exec.Command("nsenter", "--net="+m.name(), "sh", "-c", line).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
}

// Listen opens a listener there that closes at the end of the test, and
// accepts nothing: the system answers all the same.
func (m *Machine) Listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	var l net.Listener
	err := m.On(func() (err error) {
		l, err = net.Listen(network, address)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// Cable joins two machines: each has an interface with the address, which is
// up when Cable returns.
func Cable(t *testing.T, a *Machine, name, addr string, b *Machine, peer, peerAddr string) {
	t.Helper()
	a.Run(t, fmt.Sprintf("ip link add %s type veth peer name %s netns %s", name, peer, b.name()))
	a.plug(t, name, addr)
	b.plug(t, peer, peerAddr)
	for _, end := range []struct {
		m    *Machine
		name string
	}{{a, name}, {b, peer}} {
		end.m.awaitUp(t, end.name)
	}
}

// plug gives an interface its addresses, which words name, and sets it up.
func (m *Machine) plug(t *testing.T, name, addrs string) {
	t.Helper()
	for addr := range strings.FieldsSeq(addrs) {
		m.Run(t, fmt.Sprintf("ip addr add %s dev %s %s", addr, name, map[bool]string{true: "nodad"}[strings.Contains(addr, ":")]))
	}
	m.Run(t, "ip link set "+name+" up")
}

// awaitUp waits until an interface carries packets.
func (m *Machine) awaitUp(t *testing.T, name string) {
	t.Helper()
	for range 2000 {
		out, _ := exec.Command("nsenter", "--net="+m.name(), "ip", "link", "show", name).Output()
		if strings.Contains(string(out), "state UP") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(name + " does not come up")
}

// Hosts makes text the hosts file of this process and its children.
func Hosts(t *testing.T, text string) {
	t.Helper()
	file := t.TempDir() + "/hosts"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(file, "/etc/hosts", "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
}
