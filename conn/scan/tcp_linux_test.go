package scan

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

// A port that does not answer costs its time, and the ports after it nothing.
func TestScanTimeout(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		silent, open := testutil.SilentPort(t), listenPort(t, testutil.Loopback4)
		testutil.CheckLeaks(t)
		s.Timeout = 3 * time.Second // the open port may be late where a machine is busy
		ports := []uint16{silent, open}
		for port := range uint16(2000) {
			ports = append(ports, 12000+port)
		}
		got := scanAll(t, s, []netip.Addr{testutil.Loopback4}, ports)
		first, second := got[0], got[1]
		if first.State != Filtered || first.Err != os.ErrDeadlineExceeded || first.RTT < s.Timeout || first.RTT > 10*s.Timeout {
			t.Errorf("the silent port: %+v", first)
		}
		if second.State != Open || second.RTT >= s.Timeout {
			t.Errorf("the open port: %+v", second)
		}
	})
}

func TestScanCancel(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		silent := testutil.SilentPort(t)
		testutil.CheckLeaks(t)
		s.Timeout = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := s.Scan(ctx, []netip.Addr{testutil.Loopback4}, []uint16{1, silent, 2}, func(r Result) {
			if r.Port != 1 {
				t.Errorf("%+v", r)
			}
		})
		if took := time.Since(start); err != context.DeadlineExceeded || took > testutil.Timeout {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// A connection that the server resets was taken.
func TestScanReset(t *testing.T) {
	eachEngine(t, func(t *testing.T, s Scanner) {
		port := testutil.ServeTCP(t, "127.0.0.1", func(c *net.TCPConn) { c.SetLinger(0) }).Port()
		for range 50 {
			if got := stateOf(t, s, port); got != Open {
				t.Fatalf("the port is %s", got)
			}
		}
	})
}

// Under a limit of 64 descriptors no open port is missed, and the ones that
// do not answer hold descriptors meanwhile.
func TestScanFewDescriptors(t *testing.T) {
	if !testutil.InChild() {
		testutil.InProcess(t, nil)
		return
	}
	var open, ports []uint16
	for range 20 {
		open = append(open, listenPort(t, testutil.Loopback4))
	}
	ports = slices.Clone(open)
	for i := range 100 {
		ports = append(ports, uint16(12000+i))
	}
	silent := testutil.SilentPort(t)
	for range 60 { // more than there are descriptors for
		ports = slices.Insert(ports, 0, silent)
	}
	testutil.LimitDescriptors(t, 64)
	eachEngine(t, func(t *testing.T, s Scanner) {
		s.Timeout = 2 * time.Second
		for _, r := range scanAll(t, s, []netip.Addr{testutil.Loopback4}, ports) {
			want := Closed
			if r.Port == silent {
				want = Filtered
			} else if slices.Contains(open, r.Port) {
				want = Open
			}
			if r.State != want {
				t.Errorf("%+v, want %s", r, want)
			}
		}
	})
}

func TestScanUDPFewDescriptors(t *testing.T) {
	if !testutil.InChild() {
		testutil.InProcess(t, nil)
		return
	}
	_, sink := udpSocket(t, testutil.Loopback4)
	testutil.LimitDescriptors(t, 64)
	s := Scanner{Network: "udp", Timeout: time.Second}
	for _, r := range scanAll(t, s, []netip.Addr{testutil.Loopback4}, slices.Repeat([]uint16{sink, 12000}, 60)) {
		if (r.State == Silent) != (r.Port == sink) {
			t.Errorf("%+v", r)
		}
	}
}

// When all source ports are used up, a port is neither closed nor given up.
func TestScanFewSourcePorts(t *testing.T) {
	if !testutil.InChild() {
		testutil.InProcess(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
		return
	}
	testutil.RunCommand(t, "ip link set lo up")
	testutil.Knob(t, "/proc/sys/net/ipv4/ip_local_port_range", "40000 40001")
	eachEngine(t, func(t *testing.T, s Scanner) {
		ln, err := net.Listen("tcp", "127.0.0.1:9000")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		to := ln.Addr().String()
		start := time.Now()
		for range 2 {
			c, err := net.Dial("tcp", to)
			if err != nil {
				t.Fatal(err)
			}
			// A reset gives the port back at once.
			time.AfterFunc(500*time.Millisecond, func() { c.(*net.TCPConn).SetLinger(0); c.Close() })
		}
		if got := stateOf(t, s, 9000); got != Open || time.Since(start) < 500*time.Millisecond {
			t.Errorf("%s after %v", got, time.Since(start))
		}
	})
}

// An address that this machine has no address to talk to is no shortage.
func TestScanNoSource(t *testing.T) {
	if !testutil.InChild() {
		testutil.InProcess(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
		return
	}
	testutil.Knob(t, "/proc/sys/net/ipv6/conf/all/disable_ipv6", "1")
	testutil.RunCommand(t, "ip link set lo up")
	eachEngine(t, func(t *testing.T, s Scanner) {
		for _, network := range []string{"tcp", "udp"} {
			s := s
			if s.Network = network; network == "udp" {
				s.engine = nil
			}
			got := scanAll(t, s, []netip.Addr{testutil.Loopback6}, []uint16{1})
			if len(got) != 1 || got[0].State != Filtered || got[0].Err == nil {
				t.Errorf("%+v", got)
			}
		}
	})
}

// A thousand ports that do not answer take two turns of 512, where they took
// 1000 seconds one after the other.
func TestScanSilentHost(t *testing.T) {
	if !testutil.InChild() {
		testutil.InProcess(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
		return
	}
	testutil.RunCommand(t, "ip link add gonc0 type veth peer name gonc1")
	testutil.RunCommand(t, "ip addr add 10.0.0.1/24 dev gonc0")
	testutil.RunCommand(t, "ip link set gonc0 up")
	testutil.RunCommand(t, "ip link set gonc1 up")
	testutil.RunCommand(t, "ip neigh add 10.0.0.99 lladdr 02:00:00:00:00:02 nud permanent dev gonc0") // else it becomes unreachable
	var ports []uint16
	for i := range 1000 {
		ports = append(ports, uint16(1+i))
	}
	eachEngine(t, func(t *testing.T, s Scanner) {
		s.Timeout = time.Second
		start := time.Now()
		for _, r := range scanAll(t, s, []netip.Addr{netip.MustParseAddr("10.0.0.99")}, ports) {
			if r.State != Filtered || r.Err != os.ErrDeadlineExceeded {
				t.Fatalf("%+v", r)
			}
		}
		took := time.Since(start)
		t.Logf("took %v", took)
		if took > testutil.Timeout {
			t.Errorf("took %v", took)
		}
	})
}

// Linux limits its ICMP errors to other hosts: 6 at once, then one a second.
func TestScanUDPLimitedHost(t *testing.T) {
	if !testutil.InChild() {
		testutil.InProcess(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
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
	testutil.RunCommand(t, "ip link add gonc0 type veth peer name gonc1 netns "+pid)
	testutil.RunCommand(t, "ip addr add 10.0.0.1/24 dev gonc0")
	testutil.RunCommand(t, "ip link set gonc0 up")
	testutil.RunCommand(t, "nsenter -n -t "+pid+" ip addr add 10.0.0.2/24 dev gonc1")
	testutil.RunCommand(t, "nsenter -n -t "+pid+" ip link set gonc1 up")
	testutil.AwaitLink(t, "ip link show gonc0")
	testutil.AwaitLink(t, "nsenter -n -t "+pid+" ip link show gonc1")
	ports := []uint16{1, 2, 3, 4, 5, 6, 7, 8, 9}
	for _, r := range scanAll(t, Scanner{Network: "udp"}, []netip.Addr{netip.MustParseAddr("10.0.0.2")}, ports) {
		if r.State != Closed {
			t.Errorf("%+v", r)
		}
	}
}
