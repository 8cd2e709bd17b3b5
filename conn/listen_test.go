package conn

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// Listening on no address is listening on both families, on one port.
func TestListenBothFamilies(t *testing.T) {
	if !testutil.HasIPv6() {
		t.Skip("this machine has no IPv6")
	}
	for _, network := range []string{"tcp", "udp"} {
		s := serve(t, &Listener{Network: network, KeepOpen: true}, discard)
		if len(s.at) != 2 || addr.PortOf(s.at[0]) != addr.PortOf(s.at[1]) || addr.PortOf(s.at[0]) == 0 {
			t.Errorf("%s: listens at %v", network, s.at)
		}
		for _, host := range []string{"127.0.0.1", "::1"} {
			dialTo(t, network, s.addr(host))
		}
	}
}

// A listener listens where it was told, and nowhere else.
func TestListenNoWider(t *testing.T) {
	for _, tt := range []struct{ network, host, deaf string }{
		{"tcp", "127.0.0.1", "127.0.0.2"},
		{"tcp", "127.0.0.1", "::1"},
		{"tcp4", "", "::1"},
		{"tcp6", "", "127.0.0.1"},
		{"tcp", "::1", "127.0.0.1"},
		{"tcp", "::", "127.0.0.1"},
		{"tcp4", "localhost", "127.0.0.2"},
	} {
		t.Run(tt.network+" "+tt.host, func(t *testing.T) {
			if !testutil.HasIPv6() {
				t.Skip("this machine has no IPv6")
			}
			s := serve(t, &Listener{Network: tt.network, Address: addr.Addr{Host: tt.host}, KeepOpen: true}, discard)
			if len(s.at) != 1 {
				t.Errorf("listens at %v", s.at)
			}
			if c, err := net.DialTimeout("tcp", s.addr(tt.deaf), patience); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s: %v, %v", tt.deaf, c, err)
			}
		})
	}
}

// A port is not shared, be the address of the other the same or a wildcard.
func TestListenBusy(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		for _, hosts := range [][2]string{{"127.0.0.1", "127.0.0.1"}, {"", "127.0.0.1"}, {"127.0.0.1", ""}, {"", ""}} {
			s := serve(t, &Listener{Network: network, Address: addr.Addr{Host: hosts[0]}, KeepOpen: true}, discard)
			at := addr.Addr{Host: hosts[1], Port: portOf(s.at[0])}
			l := &Listener{Network: network, Address: at, AcceptTimeout: time.Second, OnListen: func([]net.Addr) { t.Error("told that it listens") }}
			err := l.Serve(t.Context(), discard)
			var e *ListenError
			if !errors.As(err, &e) || e.Address != at || e.Network != network || !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("%s %q: %v", network, hosts, err)
			}
		}
	}
}

// Several addresses of a name get one port; what this machine does not have is
// passed over; whatever else fails closes the others.
func TestBindEach(t *testing.T) {
	absent := &net.OpError{Op: "listen", Err: syscall.EADDRNOTAVAIL}
	busy := &net.OpError{Op: "listen", Err: syscall.EADDRINUSE}
	for _, tt := range []struct {
		name  string
		errs  []error
		bound int
		want  error
	}{
		{"both", []error{nil, nil}, 2, nil},
		{"one is absent", []error{absent, nil}, 1, nil},
		{"the other is absent", []error{nil, absent}, 1, nil},
		{"all are absent", []error{absent, absent}, 0, absent},
		{"the only one is absent", []error{absent}, 0, absent},
		{"one is busy", []error{nil, busy}, 0, busy},
	} {
		var made []*closable
		calls := 0
		bind := func(_ context.Context, at netip.AddrPort) (socket, net.Addr, error) {
			calls++
			if err := tt.errs[calls-1]; err != nil {
				return nil, nil, err
			}
			if want := uint16(min(len(made), 1)) * 7; at.Port() != want {
				t.Errorf("%s: call %d for port %d", tt.name, calls, at.Port())
			}
			made = append(made, &closable{})
			return made[len(made)-1], &net.TCPAddr{IP: net.IPv4zero, Port: 7}, nil
		}
		bound, at, err := bindEach(t.Context(), make([]netip.Addr, len(tt.errs)), 0, bind)
		if len(bound) != tt.bound || len(at) != tt.bound || err != tt.want {
			t.Errorf("%s: %v, %v, %v", tt.name, bound, at, err)
		}
		for _, c := range made {
			if c.closed != (tt.want != nil) {
				t.Errorf("%s: closed is %v", tt.name, c.closed)
			}
		}
	}
}

func TestListenErrors(t *testing.T) {
	withNames(t, nil)
	for _, tt := range []struct {
		l    *Listener
		want string
	}{
		{&Listener{Address: addr.Addr{Port: "70000"}}, "port number too large: 70000"},
		{&Listener{Network: "tcp6", Address: addr.Addr{Host: "127.0.0.1"}}, "127.0.0.1 has no IPv6 address"},
		{&Listener{Numeric: true, Address: addr.Addr{Host: "localhost"}}, `"localhost" is not a numeric address`},
		{&Listener{Network: "udp", Address: addr.Addr{Host: "none.test"}}, ": no such host"},
		{&Listener{Address: addr.Addr{Host: "192.0.2.1", Port: "80"}}, "listen on 192.0.2.1:80 (tcp): listen tcp4 192.0.2.1:80: bind: cannot assign requested address"},
	} {
		if err := tt.l.Serve(t.Context(), discard); err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%v; want %s", err, tt.want)
		}
	}
}

// Without KeepOpen there is one connection, and nothing listens beside it.
func TestServeOne(t *testing.T) {
	accepted := make(chan net.Conn, 2)
	failure := errors.New("the handler's error")
	l := &Listener{OnAccept: func(c net.Conn) { accepted <- c }}
	s := serve(t, l, func(ctx context.Context, c net.Conn) error {
		discard(ctx, c)
		return failure
	})
	c := dialTo(t, "tcp", s.addr("127.0.0.1"))
	if got := await(t, accepted); got.RemoteAddr().String() != c.LocalAddr().String() {
		t.Errorf("told of %v", got.RemoteAddr())
	}
	for _, a := range s.at {
		host := map[bool]string{true: "127.0.0.1", false: "::1"}[a.(*net.TCPAddr).IP.To4() != nil]
		if again, err := net.DialTimeout("tcp", s.addr(host), patience); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a second connection: %v, %v", again, err)
		}
	}
	c.Close()
	if err := await(t, s.ended); err != failure {
		t.Errorf("Serve: %v", err)
	}
}

// With KeepOpen many are served at once, MaxConns of them; the next is closed
// at once, and one that ends makes room.
func TestServeMany(t *testing.T) {
	refused, ended := make(chan net.Addr, 1), make(chan net.Addr, 3)
	l := &Listener{
		Address:   addr.Addr{Host: "127.0.0.1"},
		KeepOpen:  true,
		MaxConns:  2,
		OnRefused: func(r Rejection) { refused <- r.Remote },
		OnEnd:     func(a net.Addr, _ error) { ended <- a },
	}
	s := serve(t, l, func(_ context.Context, c net.Conn) error {
		defer c.Close()
		_, err := io.Copy(c, c)
		return err
	})
	one, two := dialTo(t, "tcp", s.addr("127.0.0.1")), dialTo(t, "tcp", s.addr("127.0.0.1"))
	exchange(t, one, "1")
	exchange(t, two, "2")
	three := dialTo(t, "tcp", s.addr("127.0.0.1"))
	if _, err := three.Read(make([]byte, 1)); err == nil || errors.Is(err, syscall.ETIMEDOUT) {
		t.Error("the third is served")
	}
	if a := await(t, refused); a.String() != three.LocalAddr().String() {
		t.Errorf("told of %v", a)
	}
	one.Close()
	if a := await(t, ended); a.String() != one.LocalAddr().String() {
		t.Errorf("told that %v has ended", a)
	}
	exchange(t, dialTo(t, "tcp", s.addr("127.0.0.1")), "4")
	exchange(t, two, "still")
}

// Each way to listen has its limit on waiting for the first connection.
func TestAcceptTimeout(t *testing.T) {
	for _, l := range []*Listener{
		{},
		{KeepOpen: true},
		{Network: "udp"},
		{Network: "udp", KeepOpen: true},
		{Network: "unix", Address: addr.Addr{Path: t.TempDir() + "/s"}},
		{Network: "unix", KeepOpen: true, Address: addr.Addr{Path: t.TempDir() + "/s"}},
		{Network: "unixgram", Address: addr.Addr{Path: t.TempDir() + "/s"}},
	} {
		t.Run(l.network()+" "+strconv.FormatBool(l.KeepOpen), func(t *testing.T) {
			l.AcceptTimeout = 20 * time.Millisecond
			s := serve(t, l, discard)
			var e *AcceptTimeoutError
			if err := await(t, s.ended); !errors.As(err, &e) || e.Limit != l.AcceptTimeout {
				t.Errorf("%#v", err)
			}
		})
	}
}

// A peer that connected in time is not affected by the limit.
func TestAcceptTimeoutInTime(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		for _, keep := range []bool{false, true} {
			l := &Listener{Network: network, Address: addr.Addr{Host: "127.0.0.1"}, KeepOpen: keep, AcceptTimeout: 300 * time.Millisecond}
			s := serve(t, l, echoDatagrams)
			begin := time.Now()
			c := dialTo(t, network, s.addr("127.0.0.1"))
			exchange(t, c, "in time")
			time.Sleep(l.AcceptTimeout + 50*time.Millisecond - time.Since(begin))
			exchange(t, c, "later")
			if keep {
				exchange(t, dialTo(t, network, s.addr("127.0.0.1")), "another")
			}
		}
	}
}

// The end of the context ends the wait with its error; with KeepOpen it is the
// end that was asked for, and every handler has returned by then.
func TestServeContext(t *testing.T) {
	for _, network := range []string{"tcp", "udp", "unix", "unixgram"} {
		l := &Listener{Network: network}
		if network[0] == 'u' && network != "udp" {
			l.Address.Path = t.TempDir() + "/s"
		}
		s := serve(t, l, discard)
		s.cancel()
		if err := await(t, s.ended); err != context.Canceled {
			t.Errorf("%s: %v", network, err)
		}
	}
	for _, network := range []string{"tcp", "udp"} {
		running, begun := atomic.Int32{}, make(chan bool, 2)
		s := serve(t, &Listener{Network: network, KeepOpen: true}, func(ctx context.Context, c net.Conn) error {
			running.Add(1)
			defer running.Add(-1)
			begun <- true
			err := hold(ctx, c)
			time.Sleep(20 * time.Millisecond) // long enough for a Serve that does not wait
			return err
		})
		for range 2 {
			dialTo(t, network, s.addr("127.0.0.1")).Write([]byte("x"))
			await(t, begun)
		}
		s.cancel()
		if err := await(t, s.ended); err != nil || running.Load() != 0 {
			t.Errorf("%s: %v, %d handlers are running", network, err, running.Load())
		}
	}
}

func TestPortOf(t *testing.T) {
	for want, a := range map[uint16]net.Addr{
		80:    &net.TCPAddr{IP: net.IPv4zero, Port: 80},
		65535: &net.UDPAddr{IP: net.IPv6loopback, Port: 65535, Zone: "eth0"},
		0:     &net.UnixAddr{Name: "/tmp/x", Net: "unix"},
	} {
		if got := addr.PortOf(a); got != want {
			t.Errorf("%v: %d", a, got)
		}
	}
}

// Of connections by both listeners one is handed over, and the other closed.
func TestAcceptFirstClosesOther(t *testing.T) {
	for range 20 {
		lns := []net.Listener{newFailing(t), newFailing(t)}
		clients := []net.Conn{dialTo(t, "tcp", lns[0].Addr().String()), dialTo(t, "tcp", lns[1].Addr().String())}
		served := 0
		err := run(t.Context(), &Listener{}, func(_ context.Context, c net.Conn) error { served++; return c.Close() }, lns...)
		if err != nil || served != 1 {
			t.Fatalf("%d are served, %v", served, err)
		}
		for _, client := range clients {
			if _, err := client.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("a connection is left open")
			}
		}
	}
}
