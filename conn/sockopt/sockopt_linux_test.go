package sockopt

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

// openSocket makes a socket of network as package net does, with opts set, and
// calls look with its descriptor. The error is that of the options.
func openSocket(t *testing.T, network string, look func(fd int), opts ...Option) error {
	t.Helper()
	address := "127.0.0.1:0"
	if strings.HasSuffix(network, "6") {
		address = "[::1]:0"
	}
	lc := net.ListenConfig{Control: Control(opts)}
	lc.SetMultipathTCP(false)
	var s interface {
		Close() error
		SyscallConn() (syscall.RawConn, error)
	}
	if strings.HasPrefix(network, "tcp") {
		ln, err := lc.Listen(t.Context(), network, address)
		if err != nil {
			return err
		}
		s = ln.(*net.TCPListener)
	} else {
		pc, err := lc.ListenPacket(t.Context(), network, address)
		if err != nil {
			return err
		}
		s = pc.(*net.UDPConn)
	}
	defer s.Close()
	if look != nil {
		controlSocket(t, s, look)
	}
	return nil
}

func controlSocket(t *testing.T, s syscall.Conn, look func(fd int)) {
	t.Helper()
	rc, err := s.SyscallConn()
	if err == nil {
		err = rc.Control(func(fd uintptr) { look(int(fd)) })
	}
	if err != nil {
		t.Fatal(err)
	}
}

var optionNetworks = []string{"tcp4", "tcp6", "udp4", "udp6"}

// TestOptions sees every option with getsockopt, on each kind of socket.
func TestOptions(t *testing.T) {
	const ip, ip6, sol = unix.IPPROTO_IP, unix.IPPROTO_IPV6, unix.SOL_SOCKET
	for _, tt := range []struct {
		name     string
		opt      Option
		level4   int
		number4  int
		level6   int
		number6  int
		want     int
		networks []string
	}{
		{"TTL", TTL(42), ip, unix.IP_TTL, ip6, unix.IPV6_UNICAST_HOPS, 42, optionNetworks},
		{"MinTTL", MinTTL(43), ip, unix.IP_MINTTL, ip6, unix.IPV6_MINHOPCOUNT, 43, optionNetworks},
		{"TOS", TOS(0xb8), ip, unix.IP_TOS, ip6, unix.IPV6_TCLASS, 0xb8, optionNetworks},
		{"RecvBuffer", RecvBuffer(20000), sol, unix.SO_RCVBUF, sol, unix.SO_RCVBUF, 40000, optionNetworks},
		{"SendBuffer", SendBuffer(20000), sol, unix.SO_SNDBUF, sol, unix.SO_SNDBUF, 40000, optionNetworks},
		{"Debug", Debug(), sol, unix.SO_DEBUG, sol, unix.SO_DEBUG, 1, optionNetworks},
		{"Broadcast", Broadcast(), sol, unix.SO_BROADCAST, sol, unix.SO_BROADCAST, 1, optionNetworks},
		{"NoBroadcast", NoBroadcast(), sol, unix.SO_BROADCAST, sol, unix.SO_BROADCAST, 0, optionNetworks},
		// Of UDP, where package net does not set it, it has to stay off.
		{"reuseAddr", ReuseAddr, sol, unix.SO_REUSEADDR, sol, unix.SO_REUSEADDR, 1, optionNetworks[:2]},
		{"reuseAddr", ReuseAddr, sol, unix.SO_REUSEADDR, sol, unix.SO_REUSEADDR, 0, optionNetworks[2:]},
	} {
		for _, network := range tt.networks {
			t.Run(tt.name+"/"+network, func(t *testing.T) {
				level, number := tt.level4, tt.number4
				if strings.HasSuffix(network, "6") {
					level, number = tt.level6, tt.number6
				}
				err := openSocket(t, network, func(fd int) {
					if got, err := unix.GetsockoptInt(fd, level, number); err != nil || got != tt.want {
						t.Errorf("getsockopt: %d, %v, want %d", got, err, tt.want)
					}
				}, tt.opt)
				if errors.Is(err, fs.ErrPermission) {
					t.Skip("needs root: ", err)
				}
				if err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

// TestOptionMapped has an IPv6 socket treat its IPv4 peers alike.
func TestOptionMapped(t *testing.T) {
	err := openSocket(t, "udp6", func(fd int) {
		for _, number := range []int{unix.IP_TTL, unix.IP_TOS} {
			if got, err := unix.GetsockoptInt(fd, unix.IPPROTO_IP, number); err != nil || got != 0x40 {
				t.Errorf("IPv4 option %d of an IPv6 socket: %d, %v", number, got, err)
			}
		}
	}, TTL(0x40), TOS(0x40))
	if err != nil {
		t.Fatal(err)
	}
}

// TestOptionRefused has the kernel refuse, and reads the sentence.
func TestOptionRefused(t *testing.T) {
	for _, tt := range []struct {
		network string
		opt     Option
		want    string
	}{
		{"tcp4", TTL(0), "set IP TTL to 0: invalid argument"},
		{"udp4", TTL(300), "set IP TTL to 300: invalid argument"},
		{"tcp6", TTL(300), "set IPv6 unicast hops to 300: invalid argument"},
		{"tcp4", MinTTL(300), "set IP min TTL to 300: invalid argument"},
		{"tcp6", MinTTL(300), "set IPv6 min hop count to 300: invalid argument"},
		{"tcp6", TOS(300), "set IPv6 traffic class to 300: invalid argument"},
		{"tcp4", Rtable(1), "set routing table to 1: linux has no such option"},
		{"udp4", Congestion("cubic"), `set TCP congestion control to "cubic": udp4 sockets have no such option`},
		{"tcp4", Congestion("nonsense"), `set TCP congestion control to "nonsense": no such file or directory`},
		{"udp6", TCPMD5("key"), "set TCP MD5 signature: udp6 sockets have no such option"},
		{"tcp4", TCPMD5(""), "set TCP MD5 signature: no key"},
		{"tcp4", TCPMD5(strings.Repeat("k", 81)), "set TCP MD5 signature: the key has 81 bytes, and may have 80"},
	} {
		err := openSocket(t, tt.network, nil, tt.opt)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v, want %s", tt.network, err, tt.want)
			continue
		}
		if e.Error() != tt.want {
			t.Errorf("%s: %s, want %s", tt.network, e, tt.want)
		}
	}
	if err := TTL(1)("unix", 0); err == nil || err.Error() != "set IP TTL to 1: unix sockets have no such option" {
		t.Error(err)
	}
	if err := openSocket(t, "tcp4", nil, Rtable(1)); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err, "is not ErrUnsupported")
	}
}

func TestCongestion(t *testing.T) {
	b, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil {
		t.Skip(err)
	}
	names := strings.Fields(string(b))
	for _, network := range optionNetworks[:2] {
		for _, name := range names {
			err := openSocket(t, network, func(fd int) {
				got, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
				if err != nil || strings.TrimRight(got, "\x00") != name {
					t.Errorf("%s: %q, %v, want %q", network, got, err, name)
				}
			}, Congestion(name))
			if err != nil && !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s %s: %v", network, name, err)
			}
		}
	}
	var e *Error
	err = openSocket(t, "tcp4", nil, Congestion("nonsense"))
	if !errors.As(err, &e) || !slices.Contains(strings.Fields(strings.ReplaceAll(e.Hint, ",", "")), names[0]) {
		t.Errorf("%#v does not list %q", err, names)
	}
}

// dialOption connects to address with opt. It gives up before the kernel would
// try a second time.
func dialOption(t *testing.T, network, address string, opt Option) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	d := net.Dialer{Control: Control([]Option{opt})}
	c, err := d.DialContext(ctx, network, address)
	if err == nil {
		c.Close()
	}
	return err
}

// listenOption listens with opt and ends what connects.
func listenOption(t *testing.T, network, address string, opt Option) net.Listener {
	t.Helper()
	lc := net.ListenConfig{Control: Control([]Option{opt})}
	lc.SetMultipathTCP(false)
	ln, err := lc.Listen(t.Context(), network, address)
	if errors.Is(err, unix.ENOPROTOOPT) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return ln
}

func optionTimedOut(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func noOption(string, uintptr) error { return nil }

// TestTCPMD5 needs both ends to have the same key; a peer with another one, or none,
// gets no answer. The last listener is one of IPv6 with a client of IPv4.
func TestTCPMD5(t *testing.T) {
	for _, tt := range []struct{ network, listen, dial string }{
		{"tcp4", "127.0.0.1:0", "127.0.0.1"},
		{"tcp6", "[::1]:0", "::1"},
		{"tcp", "[::]:0", "127.0.0.1"},
	} {
		t.Run(tt.network+" "+tt.dial, func(t *testing.T) {
			t.Parallel()
			ln := listenOption(t, tt.network, tt.listen, TCPMD5("secret"))
			_, port, _ := net.SplitHostPort(ln.Addr().String())
			address := net.JoinHostPort(tt.dial, port)
			if err := dialOption(t, "tcp", address, TCPMD5("secret")); err != nil {
				t.Error("same key:", err)
			}
			if err := dialOption(t, "tcp", address, TCPMD5("other")); !optionTimedOut(err) {
				t.Error("another key:", err)
			}
			if err := dialOption(t, "tcp", address, noOption); !optionTimedOut(err) {
				t.Error("no key:", err)
			}
		})
	}
}

// TestMinTTL sees TTL and MinTTL on the wire.
func TestMinTTL(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			ln := listenOption(t, "tcp", address, MinTTL(255))
			if err := dialOption(t, "tcp", ln.Addr().String(), TTL(255)); err != nil {
				t.Error("enough:", err)
			}
			if err := dialOption(t, "tcp", ln.Addr().String(), TTL(254)); !optionTimedOut(err) {
				t.Error("too few:", err)
			}
		})
	}
}

// TestBroadcast has the kernel refuse a datagram to a broadcast address
// unless it was allowed.
func TestBroadcast(t *testing.T) {
	to := &net.UDPAddr{IP: net.IPv4(127, 255, 255, 255), Port: 9}
	for _, tt := range []struct {
		opt  Option
		want error
	}{{NoBroadcast(), unix.EACCES}, {Broadcast(), nil}} {
		lc := net.ListenConfig{Control: Control([]Option{tt.opt})}
		pc, err := lc.ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pc.WriteTo([]byte("x"), to); !errors.Is(err, tt.want) {
			t.Errorf("%v, want %v", err, tt.want)
		}
		pc.Close()
	}
}

// TestReuseAddr binds a port that is in TIME_WAIT, which it is because the
// client is the first to close.
func TestReuseAddr(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	d := net.Dialer{Control: Control([]Option{ReuseAddr})}
	d.LocalAddr, _ = net.ResolveTCPAddr("tcp4", "127.0.0.1:"+testutil.FreePort(t))
	c, err := d.DialContext(t.Context(), "tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, s)
	s.Close()
	io.Copy(io.Discard, c)
	c.Close()
	for _, tt := range []struct {
		opt  Option
		want error
	}{{noOption, unix.EADDRINUSE}, {ReuseAddr, nil}} {
		d := net.Dialer{Control: Control([]Option{tt.opt}), LocalAddr: c.LocalAddr()}
		again, err := d.DialContext(t.Context(), "tcp4", net.JoinHostPort("127.0.0.1", testutil.FreePort(t)))
		if err == nil {
			again.Close()
		}
		if want := cmp.Or(tt.want, error(unix.ECONNREFUSED)); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestKeepAlive(t *testing.T) {
	for _, test := range []struct {
		opt                   Option
		idle, interval, count int // zero: the system's
	}{
		{KeepAlive(20*time.Second, 5*time.Second, 3), 20, 5, 3},
		{KeepAlive(500*time.Millisecond, 0, 0), 1, 0, 0},
		{KeepAlive(0, 0, 7), 0, 0, 7},
	} {
		err := openSocket(t, "tcp4", func(fd int) {
			for _, want := range []struct{ level, number, n int }{
				{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
				{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, test.idle},
				{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, test.interval},
				{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, test.count},
			} {
				if got, err := unix.GetsockoptInt(fd, want.level, want.number); err != nil || want.n != 0 && got != want.n {
					t.Errorf("option %d is %d, %v, want %d", want.number, got, err, want.n)
				}
			}
		}, test.opt)
		if err != nil {
			t.Error(err)
		}
	}
	if err := openSocket(t, "udp4", nil, KeepAlive(0, 0, 0)); err == nil {
		t.Error("a UDP socket has keepalive")
	}
	if err := openSocket(t, "tcp4", nil, KeepAlive(40000*time.Second, 0, 0)); !errors.Is(err, unix.EINVAL) {
		t.Errorf("a time that is too long: %v", err)
	}
}

func TestInterface(t *testing.T) {
	err := openSocket(t, "tcp4", func(fd int) {
		if name, err := unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE); err != nil || name != "lo" {
			t.Errorf("bound to %q, %v", name, err)
		}
	}, Interface("lo"))
	if err != nil {
		t.Error(err)
	}
	var opt *Error
	err = openSocket(t, "udp6", nil, Interface("none0"))
	if !errors.As(err, &opt) || !errors.Is(err, unix.ENODEV) || opt.Hint == "" {
		t.Errorf("an interface that is not there: %v", err)
	}
}
