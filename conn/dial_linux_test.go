package conn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/conn/addr"
	"gonc/conn/proxy"
	"gonc/conn/sockopt"
	"gonc/internal/testutil"
)

// An address that does not answer takes its time, which Timeout limits, and
// leaves nothing behind.
func TestDialSilent(t *testing.T) {
	to := addr.Addr{Host: "127.0.0.1", Port: strconv.Itoa(int(testutil.SilentPort(t)))}
	testutil.CheckLeaks(t)
	const limit = 50 * time.Millisecond
	for range 10 { // either of two timers may be first
		d := Dialer{Timeout: limit}
		begin := time.Now()
		_, err := d.Dial(t.Context(), to)
		var e *DialError
		if !errors.As(err, &e) || e.Address != to || len(e.Tried) != 1 || !isTimeout(err) {
			t.Fatalf("%#v", err)
		}
		if took := time.Since(begin); took < limit || took > testutil.Timeout {
			t.Fatalf("took %v", took)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	d := Dialer{Timeout: time.Hour}
	if _, err := d.Dial(ctx, to); err != context.DeadlineExceeded {
		t.Errorf("the context's: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(limit, cancel)
	if _, err := d.Dial(ctx, to); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// Timeout does not make forgotten what the other addresses answered, and of a
// proxy that does not answer it is the proxy that is named.
func TestDialTimeoutAttempts(t *testing.T) {
	withNames(t, map[string]string{"two.test.": "127.0.0.1 127.0.0.2"})
	port := strconv.Itoa(int(testutil.SilentPort(t)))
	d := Dialer{Timeout: 16 * attemptDelay} // in which the second address has to be tried
	_, err := d.Dial(t.Context(), addr.Addr{Host: "two.test.", Port: port})
	var e *DialError
	if !errors.As(err, &e) || len(e.Tried) != 2 {
		t.Fatalf("%#v", err)
	}
	for _, tried := range e.Tried {
		silent := tried.Addr.Addr() == testutil.Loopback4
		if isTimeout(tried.Err) != silent || errors.Is(tried.Err, unix.ECONNREFUSED) == silent {
			t.Errorf("%v: %v", tried.Addr, tried.Err)
		}
	}
	silent := addr.Addr{Host: "127.0.0.1", Port: port}
	d = Dialer{Timeout: attemptDelay, Proxies: []proxy.Proxy{{Type: "http", Address: silent}}}
	var p *proxy.Error
	_, err = d.Dial(t.Context(), addr.Addr{Host: "192.0.2.1", Port: "80"})
	if !errors.As(err, &e) || e.Address != silent || !errors.As(err, &p) || !p.Unreachable || p.Address != silent {
		t.Errorf("a proxy: %v", err)
	}
}

// An address that does not answer costs the name no more than the delay.
func TestDialRacesSilent(t *testing.T) {
	port := testutil.SilentPort(t)
	ln, err := net.Listen("tcp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), port).String())
	if err != nil {
		t.Skip(err)
	}
	defer ln.Close()
	testutil.CheckLeaks(t)
	d := &Dialer{}
	var tries []candidate
	for _, host := range []string{"127.0.0.1", "127.0.0.2"} {
		tries = append(tries, candidate{d, "tcp", netip.AddrPort{}, netip.AddrPortFrom(netip.MustParseAddr(host), port)})
	}
	begin := time.Now()
	c, failed := dialTCP(t.Context(), tries)
	if c == nil {
		t.Fatal(failed)
	}
	defer c.Close()
	if took := time.Since(begin); took < attemptDelay || took > attemptDelay+testutil.Timeout {
		t.Errorf("took %v", took)
	}
	if c.RemoteAddr().String() != ln.Addr().String() {
		t.Errorf("connected to %v", c.RemoteAddr())
	}
}

// A socket without a source is not bound, and so shares its port with
// connections to elsewhere: two need one port only.
func TestDialTakesNoPort(t *testing.T) {
	var port int
	onePort := func(_ string, fd uintptr) error {
		return unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_LOCAL_PORT_RANGE, port<<16|port)
	}
	d := Dialer{Options: []sockopt.Option{onePort}}
	var servers [2]string
	for i := range servers {
		servers[i] = portOf(serve(t, &Listener{Address: addr.Addr{Host: "127.0.0.1"}}, discard).at[0])
	}
	// It has to be a port that the system gives, which it may give to another program.
	first, err := net.Conn(nil), error(unix.EADDRNOTAVAIL)
	for tries := 0; errors.Is(err, unix.EADDRNOTAVAIL) && tries < 20; tries++ {
		port = givenPort(t)
		first, err = d.Dial(t.Context(), addr.Addr{Host: "127.0.0.1", Port: servers[0]})
	}
	if errors.Is(err, unix.ENOPROTOOPT) {
		t.Skip("Linux has IP_LOCAL_PORT_RANGE since 6.3")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := d.Dial(t.Context(), addr.Addr{Host: "127.0.0.1", Port: servers[1]})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	for _, c := range []net.Conn{first, second} {
		if addr.PortOf(c.LocalAddr()) != uint16(port) {
			t.Errorf("connected from %v, not from port %d", c.LocalAddr(), port)
		}
	}
}

// givenPort returns a port that the system gives at this moment.
func givenPort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return int(addr.PortOf(ln.Addr()))
}

// A source port may be used again while its last connection, which this side
// ended, is in TIME_WAIT.
func TestDialSourcePortAgain(t *testing.T) {
	d := Dialer{Source: addr.Addr{Port: testutil.FreePort(t)}}
	s := serve(t, &Listener{KeepOpen: true, Address: addr.Addr{Host: "127.0.0.1"}}, discard)
	other := serve(t, &Listener{KeepOpen: true, Address: addr.Addr{Host: "127.0.0.1"}}, discard)
	for _, to := range []*serving{s, other} {
		c, err := d.Dial(t.Context(), addr.Addr{Host: "127.0.0.1", Port: portOf(to.at[0])})
		if err != nil {
			t.Fatal(err)
		}
		c.(*net.TCPConn).CloseWrite()
		c.SetReadDeadline(time.Now().Add(patience))
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("the other end does not close")
		}
		c.Close()
	}
}
