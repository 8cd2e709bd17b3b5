package conn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// silentPort returns a port of 127.0.0.1 that does not answer: a listener
// whose queue is full drops every SYN.
func silentPort(t *testing.T) uint16 {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: loopback4.As4()}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(sa.(*unix.SockaddrInet4).Port)
	for range 2 {
		c, err := net.DialTimeout("tcp", netip.AddrPortFrom(loopback4, port).String(), 100*time.Millisecond)
		if err == nil {
			t.Cleanup(func() { c.Close() })
		}
	}
	return port
}

// descriptors returns how many descriptors this process has.
func descriptors(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// noLeak fails the test if at its end there are more descriptors or
// goroutines than now.
func noLeak(t *testing.T) {
	net.Dial("tcp", "127.0.0.1:1") // the runtime's poller keeps its own
	fds, goroutines := descriptors(t), runtime.NumGoroutine()
	t.Cleanup(func() {
		var n, g int
		for range 200 { // the count of goroutines is a guess while some are ending
			if n, g = descriptors(t), runtime.NumGoroutine(); n <= fds && g <= goroutines {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%d descriptors of %d and %d goroutines of %d are left", n, fds, g, goroutines)
	})
}

// A port that does not answer costs its time, and the ports after it nothing.
func TestScanTimeout(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		silent, open := silentPort(t), listenPort(t, loopback4)
		noLeak(t)
		s.Timeout = 300 * time.Millisecond
		ports := []uint16{silent, open}
		for port := range uint16(2000) {
			ports = append(ports, 12000+port)
		}
		got := scanAll(t, s, []netip.Addr{loopback4}, ports)
		first, second := got[0], got[1]
		if first.State != PortFiltered || first.Err != os.ErrDeadlineExceeded || first.RTT < s.Timeout || first.RTT > 10*s.Timeout {
			t.Errorf("the silent port: %+v", first)
		}
		if second.State != PortOpen || second.RTT >= s.Timeout {
			t.Errorf("the open port: %+v", second)
		}
	})
}

func TestScanCancel(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		silent := silentPort(t)
		noLeak(t)
		s.Timeout = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := s.Scan(ctx, []netip.Addr{loopback4}, []uint16{1, silent, 2}, func(r ScanResult) {
			if r.Port != 1 {
				t.Errorf("%+v", r)
			}
		})
		if took := time.Since(start); err != context.DeadlineExceeded || took > 5*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// A connection that the server resets was taken.
func TestScanReset(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		go func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				c.(*net.TCPConn).SetLinger(0)
				c.Close()
			}
		}()
		port := netip.MustParseAddrPort(ln.Addr().String()).Port()
		for range 50 {
			if got := stateOf(t, s, port); got != PortOpen {
				t.Fatalf("the port is %s", got)
			}
		}
	})
}

// inProcess runs one test of this binary in a process of its own, which knows
// itself by the environment variable GONC_CHILD.
func inProcess(t *testing.T, attr *syscall.SysProcAttr) {
	t.Helper()
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v")
	cmd.Env = append(os.Environ(), "GONC_CHILD=1")
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM):
		t.Skip("not permitted to make a network namespace")
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("%s", out)
	}
}

func inChild() bool { return os.Getenv("GONC_CHILD") != "" }

// Under a limit of 64 descriptors no open port is missed, and the ones that
// do not answer hold descriptors meanwhile.
func TestScanFewDescriptors(t *testing.T) {
	if !inChild() {
		inProcess(t, nil)
		return
	}
	var open, ports []uint16
	for range 20 {
		open = append(open, listenPort(t, loopback4))
	}
	ports = slices.Clone(open)
	for i := range 100 {
		ports = append(ports, uint16(12000+i))
	}
	silent := silentPort(t)
	for range 60 { // more than there are descriptors for
		ports = slices.Insert(ports, 0, silent)
	}
	limitDescriptors(t, 64)
	eachEngine(t, func(t *testing.T, s Scanner) {
		s.Timeout = time.Second
		for _, r := range scanAll(t, s, []netip.Addr{loopback4}, ports) {
			want := PortClosed
			if r.Port == silent {
				want = PortFiltered
			} else if slices.Contains(open, r.Port) {
				want = PortOpen
			}
			if r.State != want {
				t.Errorf("%+v, want %s", r, want)
			}
		}
	})
}

func TestScanUDPFewDescriptors(t *testing.T) {
	if !inChild() {
		inProcess(t, nil)
		return
	}
	_, sink := udpSocket(t, loopback4)
	limitDescriptors(t, 64)
	s := Scanner{Network: "udp", Timeout: 200 * time.Millisecond}
	for _, r := range scanAll(t, s, []netip.Addr{loopback4}, slices.Repeat([]uint16{sink, 12000}, 60)) {
		if (r.State == PortSilent) != (r.Port == sink) {
			t.Errorf("%+v", r)
		}
	}
}

func limitDescriptors(t *testing.T, n uint64) {
	t.Helper()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
}

// When all source ports are used up, a port is neither closed nor given up.
func TestScanFewSourcePorts(t *testing.T) {
	if !inChild() {
		inProcess(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
		return
	}
	runCommand(t, "ip link set lo up")
	knob(t, "/proc/sys/net/ipv4/ip_local_port_range", "40000 40001")
	eachEngine(t, func(t *testing.T, s Scanner) {
		ln, err := net.Listen("tcp", "127.0.0.1:9000")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		to := ln.Addr().String()
		for range 2 {
			c, err := net.Dial("tcp", to)
			if err != nil {
				t.Fatal(err)
			}
			// A reset gives the port back at once.
			time.AfterFunc(500*time.Millisecond, func() { c.(*net.TCPConn).SetLinger(0); c.Close() })
		}
		start := time.Now()
		if got := stateOf(t, s, 9000); got != PortOpen || time.Since(start) < 300*time.Millisecond {
			t.Errorf("%s after %v", got, time.Since(start))
		}
	})
}

// An address that this machine has no address to talk to is no shortage.
func TestScanNoSource(t *testing.T) {
	if !inChild() {
		inProcess(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
		return
	}
	knob(t, "/proc/sys/net/ipv6/conf/all/disable_ipv6", "1")
	runCommand(t, "ip link set lo up")
	eachEngine(t, func(t *testing.T, s Scanner) {
		for _, network := range []string{"tcp", "udp"} {
			s := s
			if s.Network = network; network == "udp" {
				s.engine = nil
			}
			got := scanAll(t, s, []netip.Addr{loopback6}, []uint16{1})
			if len(got) != 1 || got[0].State != PortFiltered || got[0].Err == nil {
				t.Errorf("%+v", got)
			}
		}
	})
}

// A thousand ports that do not answer take two turns of 512, where they took
// 1000 seconds one after the other.
func TestScanSilentHost(t *testing.T) {
	if !inChild() {
		inProcess(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
		return
	}
	runCommand(t, "ip link add gonc0 type veth peer name gonc1")
	runCommand(t, "ip addr add 10.0.0.1/24 dev gonc0")
	runCommand(t, "ip link set gonc0 up")
	runCommand(t, "ip link set gonc1 up")
	var ports []uint16
	for i := range 1000 {
		ports = append(ports, uint16(1+i))
	}
	eachEngine(t, func(t *testing.T, s Scanner) {
		s.Timeout = time.Second
		start := time.Now()
		for _, r := range scanAll(t, s, []netip.Addr{netip.MustParseAddr("10.0.0.99")}, ports) {
			if r.State != PortFiltered || r.Err != os.ErrDeadlineExceeded {
				t.Fatalf("%+v", r)
			}
		}
		took := time.Since(start)
		t.Logf("took %v", took)
		if took > 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// Linux limits its ICMP errors to other hosts: 6 at once, then one a second.
func TestScanUDPLimitedHost(t *testing.T) {
	if !inChild() {
		inProcess(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
		return
	}
	other := exec.Command("sleep", "60")
	other.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: unix.SIGKILL}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer other.Wait()
	defer other.Process.Kill()
	pid := strconv.Itoa(other.Process.Pid)
	runCommand(t, "ip link add gonc0 type veth peer name gonc1 netns "+pid)
	runCommand(t, "ip addr add 10.0.0.1/24 dev gonc0")
	runCommand(t, "ip link set gonc0 up")
	runCommand(t, "nsenter -n -t "+pid+" ip addr add 10.0.0.2/24 dev gonc1")
	runCommand(t, "nsenter -n -t "+pid+" ip link set gonc1 up")
	awaitLink(t, "ip link show gonc0")
	awaitLink(t, "nsenter -n -t "+pid+" ip link show gonc1")
	ports := []uint16{1, 2, 3, 4, 5, 6, 7, 8, 9}
	for _, r := range scanAll(t, Scanner{Network: "udp"}, []netip.Addr{netip.MustParseAddr("10.0.0.2")}, ports) {
		if r.State != PortClosed {
			t.Errorf("%+v", r)
		}
	}
}

// awaitLink waits until the link that command shows carries packets, which
// may be a second after it was set up.
func awaitLink(t *testing.T, command string) {
	t.Helper()
	for range 500 {
		if strings.Contains(runCommand(t, command), "state UP") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the link does not come up")
}

// runCommand runs a command that prepares the child's own network, and returns what
// it says.
func runCommand(t *testing.T, command string) string {
	t.Helper()
	words := strings.Fields(command)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Skipf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

// knob sets a kernel parameter of the child's own network.
func knob(t *testing.T, file, value string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(value), 0o644); err != nil {
		t.Skip(err)
	}
}
