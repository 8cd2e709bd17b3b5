package conn

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/conn/addr"
	"gonc/conn/proxy"
	"gonc/internal/testutil"
)

func TestDialErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		d    Dialer
		to   addr.Addr
		want string
	}{
		{"port", Dialer{}, addr.Addr{Host: "127.0.0.1", Port: "70000"}, "port number too large: 70000"},
		{"port 0", Dialer{}, addr.Addr{Host: "127.0.0.1", Port: "0"}, "port number invalid: 0"},
		{"source port", Dialer{Source: addr.Addr{Port: "x-y"}}, addr.Addr{Host: "127.0.0.1", Port: "1"}, "port number invalid: x-y"},
		{"name under Numeric", Dialer{Numeric: true}, addr.Addr{Host: "localhost", Port: "1"}, `"localhost" is not a numeric address`},
		{"source under Numeric", Dialer{Numeric: true, Source: addr.Addr{Host: "localhost"}}, addr.Addr{Host: "127.0.0.1", Port: "1"}, `"localhost" is not a numeric address`},
		{"family", Dialer{Network: "tcp6"}, addr.Addr{Host: "127.0.0.1", Port: "1"}, "127.0.0.1 has no IPv6 address"},
		{"other family", Dialer{Network: "udp4"}, addr.Addr{Host: "::1", Port: "1"}, "::1 has no IPv4 address"},
		{"family of the source", Dialer{Source: addr.Addr{Host: "::1"}}, addr.Addr{Host: "127.0.0.1", Port: "1"}, "127.0.0.1 has no IPv6 address"},
		{"source of the wrong family", Dialer{Network: "tcp4", Source: addr.Addr{Host: "::1"}}, addr.Addr{Host: "127.0.0.1", Port: "1"}, "::1 has no IPv4 address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := tt.d.Dial(t.Context(), tt.to)
			if c != nil || err == nil || err.Error() != tt.want {
				t.Errorf("%v, %v; want %s", c, err, tt.want)
			}
		})
	}
}

// The error of a refused connection names the address, and is reported.
func TestDialRefused(t *testing.T) {
	port := testutil.FreePort(t)
	var tried []Attempt
	d := Dialer{OnTried: func(a Attempt) { tried = append(tried, a) }}
	a := addr.Addr{Host: "127.0.0.1", Port: port}
	_, err := d.Dial(t.Context(), a)
	var e *DialError
	if !errors.As(err, &e) || e.Address != a || e.Network != "tcp" || len(e.Tried) != 1 || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(err.Error(), "127.0.0.1 port "+port) {
		t.Errorf("the address is lost: %v", err)
	}
	if len(tried) != 1 || tried[0] != e.Tried[0] || tried[0].Addr.String() != a.String() {
		t.Errorf("told of %v", tried)
	}
}

// The end of the context is its error, and that of Timeout is one of the
// attempt that it ended.
func TestDialContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := Dialer{Timeout: time.Hour}
	if _, err := d.Dial(ctx, addr.Addr{Host: "127.0.0.1", Port: "1"}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err := d.Dial(ctx, addr.Addr{Host: "127.0.0.1", Port: "1"}); err != context.DeadlineExceeded {
		t.Errorf("over: %v", err)
	}
	d.Timeout = 1
	var e *DialError
	if _, err := d.Dial(t.Context(), addr.Addr{Host: "127.0.0.1", Port: "1"}); !errors.As(err, &e) || !isTimeout(err) {
		t.Errorf("Timeout: %v", err)
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// The source is what the other end sees, and in the family of the target.
func TestDialSource(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		for _, tt := range []struct{ source, to string }{
			{"127.0.0.1", "127.0.0.1"},
			{"", "127.0.0.1"},
			{"", "::1"},
			{"localhost", "127.0.0.1"},
			{"::1", "::1"},
		} {
			t.Run(network+" "+tt.source+" to "+tt.to, func(t *testing.T) {
				if tt.to == "::1" && !testutil.HasIPv6() {
					t.Skip("this machine has no IPv6")
				}
				l := &Listener{Network: network, Address: addr.Addr{Host: tt.to}}
				s := serve(t, l, discard)
				port := testutil.FreePort(t)
				d := Dialer{Network: network, Source: addr.Addr{Host: tt.source, Port: port}}
				c, err := d.Dial(t.Context(), addr.Addr{Host: tt.to, Port: portOf(s.at[0])})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if got, want := c.LocalAddr().String(), net.JoinHostPort(tt.to, port); got != want {
					t.Errorf("from %s, want %s", got, want)
				}
			})
		}
	}
}

// The errors of the source's name are those of every name.
func TestDialSourceUnknown(t *testing.T) {
	withNames(t, nil)
	d := Dialer{Source: addr.Addr{Host: "none.test"}}
	_, err := d.Dial(t.Context(), addr.Addr{Host: "127.0.0.1", Port: "1"})
	var e *ResolveError
	if !errors.As(err, &e) || e.Address != d.Source {
		t.Errorf("%#v", err)
	}
}

// UDP has no race: the first address with a route is taken.
func TestDialUDPName(t *testing.T) {
	withNames(t, map[string]string{"two.test.": "127.0.0.1 127.0.0.2"})
	d := Dialer{Network: "udp"}
	c, err := d.Dial(t.Context(), addr.Addr{Host: "two.test", Port: "9"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.RemoteAddr().(*net.UDPAddr).IP.IsLoopback() {
		t.Errorf("%T to %v", c, c.RemoteAddr())
	}
}

// A lookup that Timeout cuts off is said to be that, whatever the name is of.
func TestDialTimeoutLookup(t *testing.T) {
	withNames(t, map[string]string{"silent.test.": "silent"})
	via := serve(t, &Listener{KeepOpen: true, Address: addr.Addr{Host: "127.0.0.1"}}, discard)
	reached := proxy.Proxy{Type: "socks5", DNS: "local", Address: addr.Addr{Host: "127.0.0.1", Port: portOf(via.at[0])}}
	silent, number := addr.Addr{Host: "silent.test.", Port: "80"}, addr.Addr{Host: "127.0.0.1", Port: "80"}
	for _, tt := range []struct {
		name string
		d    Dialer
		to   addr.Addr
		want addr.Addr
	}{
		{"target", Dialer{}, silent, silent},
		{"one family", Dialer{Network: "tcp6"}, silent, silent},
		{"UDP", Dialer{Network: "udp"}, silent, silent},
		{"source", Dialer{Source: addr.Addr{Host: silent.Host}}, number, addr.Addr{Host: silent.Host}},
		{"proxy", Dialer{Proxies: []proxy.Proxy{{Type: "http", Address: silent}}}, number, silent},
		{"beyond the proxy", Dialer{Proxies: []proxy.Proxy{reached}}, silent, addr.Addr{Host: "silent.test"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.d.Timeout = 500 * time.Millisecond // in which the proxy has to be reached
			_, err := tt.d.Dial(t.Context(), tt.to)
			var e *ResolveError
			if !errors.As(err, &e) || e.Limit != tt.d.Timeout || e.Address.Port != tt.want.Port || !strings.HasPrefix(tt.want.Host, strings.TrimSuffix(e.Address.Host, ".")) {
				t.Errorf("%#v", err)
			}
		})
	}
}
