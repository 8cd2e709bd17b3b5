package scan

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

// silentAt makes the same port silent at several addresses of this machine.
func silentAt(t *testing.T, ips ...string) (addrs []netip.Addr, port uint16) {
	t.Helper()
	for _, text := range ips {
		ip := netip.MustParseAddr(text)
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: ip.As4(), Port: int(port)}), unix.Listen(fd, 0)); err != nil {
			t.Skip(err)
		}
		sa, err := unix.Getsockname(fd)
		if err != nil {
			t.Fatal(err)
		}
		port = uint16(sa.(*unix.SockaddrInet4).Port)
		for range 2 { // fills the backlog
			c, err := net.DialTimeout("tcp", netip.AddrPortFrom(ip, port).String(), 100*time.Millisecond)
			if err == nil {
				t.Cleanup(func() { c.Close() })
			}
		}
		addrs = append(addrs, ip)
	}
	return addrs, port
}

// Three silent addresses of one host take the limit once.
func TestScanLimitOnce(t *testing.T) {
	addrs, port := silentAt(t, "127.0.0.1", "127.0.0.2", "127.0.0.3")
	eachEngine(t, func(t *testing.T, s Scanner) {
		s.Timeout = 2 * time.Second
		begin := time.Now()
		got := scanAll(t, s, addrs, []uint16{port})
		if took := time.Since(begin); took < s.Timeout-100*time.Millisecond || took > 3*s.Timeout-100*time.Millisecond {
			t.Errorf("took %v", took)
		}
		if len(got) != 3 || got[2].State != Filtered || got[2].Err != os.ErrDeadlineExceeded {
			t.Errorf("%+v", got)
		}
	})
}

// Without a descriptor for a single socket a scan fails, and says why.
func TestScanNoDescriptors(t *testing.T) {
	if !testutil.InChild() {
		testutil.InProcess(t, nil)
		return
	}
	net.Dial("tcp", "127.0.0.1:1") // the runtime's poller needs descriptors too
	testutil.LimitDescriptors(t, 64)
	eachEngine(t, func(t *testing.T, s Scanner) {
		var taken []int
		for {
			fd, err := unix.Dup(0)
			if err != nil {
				break
			}
			taken = append(taken, fd)
			t.Cleanup(func() { unix.Close(fd) })
		}
		if s.engine == nil { // it has an epoll instance
			unix.Close(taken[0])
		}
		begin := time.Now()
		err := s.Scan(t.Context(), []netip.Addr{testutil.Loopback4}, []uint16{1, 2}, func(r Result) { t.Errorf("%+v", r) })
		if !errors.Is(err, syscall.EMFILE) || time.Since(begin) > testutil.Timeout {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}

// Nothing is sent to a broadcast address that was not allowed.
func TestScanNoBroadcast(t *testing.T) {
	uc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4zero})
	if err != nil {
		t.Fatal(err)
	}
	defer uc.Close()
	port := uc.LocalAddr().(*net.UDPAddr).Port
	s := Scanner{Network: "udp", Timeout: 100 * time.Millisecond}
	for _, r := range scanAll(t, s, []netip.Addr{netip.MustParseAddr("127.255.255.255")}, []uint16{uint16(port)}) {
		if r.State != Filtered || r.Err != syscall.EACCES {
			t.Errorf("%+v", r)
		}
	}
	uc.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, _, err := uc.ReadFromUDP(make([]byte, 10)); err == nil {
		t.Errorf("%d bytes were sent", n)
	}
}

// With a handshake a port is open if that is made, closed if it fails, and
// filtered if it takes too long.
func TestScanSecure(t *testing.T) {
	answer := func(text string) uint16 {
		at := testutil.ServeTCP(t, "127.0.0.1", func(c *net.TCPConn) {
			io.WriteString(c, text)
			io.Copy(io.Discard, c)
		})
		return at.Port()
	}
	wrong := errors.New("wrong")
	s := Scanner{Timeout: 3 * time.Second, Secure: func(ctx context.Context, c net.Conn, _ netip.AddrPort) error {
		defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
		b := make([]byte, 1)
		if _, err := c.Read(b); err != nil {
			return err
		}
		if b[0] != 'y' {
			return wrong
		}
		return nil
	}}
	got := scanAll(t, s, []netip.Addr{testutil.Loopback4}, []uint16{answer("y"), answer("n"), answer(""), 1})
	for i, want := range []State{Open, Closed, Filtered, Closed} {
		if got[i].State != want {
			t.Errorf("%+v, want %s", got[i], want)
		}
	}
	if got[1].Err != wrong {
		t.Errorf("%+v", got[1])
	}
}
