package conn

import (
	"context"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"gonc/conn/addr"
)

// congestionOf returns the congestion control of a connection.
func congestionOf(t *testing.T, c net.Conn) (name string) {
	t.Helper()
	rc, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if closed := rc.Control(func(fd uintptr) {
		name, err = unix.GetsockoptString(int(fd), unix.SOL_TCP, unix.TCP_CONGESTION)
	}); closed != nil || err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(name, "\x00")
}

// connected returns both ends of a connection that l accepts and d dials.
func connected(t *testing.T, l *Listener, d *Dialer) (dialed, accepted net.Conn) {
	t.Helper()
	at, got := make(chan net.Addr, 1), make(chan net.Conn, 1)
	l.OnListen = func(a []net.Addr) { at <- a[0] }
	go l.Serve(t.Context(), func(_ context.Context, c net.Conn) error { got <- c; return nil })
	dialed, err := d.Dial(t.Context(), addr.Addr{Host: "127.0.0.1", Port: portOf(<-at)})
	if err != nil {
		t.Fatal(err)
	}
	accepted = <-got
	t.Cleanup(func() { dialed.Close(); accepted.Close() })
	return dialed, accepted
}

// Where BBR is the default, as it is on many machines, it stays off between
// two ends on one host; where it is not, nothing changes.
func TestNoPacingWithinOneHost(t *testing.T) {
	for _, host := range []string{"", "127.0.0.1"} {
		dialed, accepted := connected(t, &Listener{Address: addr.Addr{Host: host}}, &Dialer{})
		for _, c := range []net.Conn{dialed, accepted} {
			if name := congestionOf(t, c); strings.HasPrefix(name, "bbr") {
				t.Errorf("%v listening on %q: under %s", c.LocalAddr(), host, name)
			}
		}
	}
}

// What the user chose prevails.
func TestCongestionChosen(t *testing.T) {
	for _, name := range []string{"reno", "bbr"} {
		known, _ := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
		if !slices.Contains(strings.Fields(string(known)), name) {
			continue
		}
		dialed, accepted := connected(t, &Listener{Congestion: name}, &Dialer{Congestion: name})
		for _, c := range []net.Conn{dialed, accepted} {
			if got := congestionOf(t, c); got != name {
				t.Errorf("%v: under %s, not %s", c.LocalAddr(), got, name)
			}
		}
	}
}
