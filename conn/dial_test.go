package conn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestDialErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		d    Dialer
		to   Address
		want string
	}{
		{"port", Dialer{}, Address{Host: "127.0.0.1", Port: "70000"}, "port number too large: 70000"},
		{"port 0", Dialer{}, Address{Host: "127.0.0.1", Port: "0"}, "port number invalid: 0"},
		{"source port", Dialer{Source: Address{Port: "x-y"}}, Address{Host: "127.0.0.1", Port: "1"}, "port number invalid: x-y"},
		{"name under Numeric", Dialer{Numeric: true}, Address{Host: "localhost", Port: "1"}, `"localhost" is not a numeric address`},
		{"source under Numeric", Dialer{Numeric: true, Source: Address{Host: "localhost"}}, Address{Host: "127.0.0.1", Port: "1"}, `"localhost" is not a numeric address`},
		{"family", Dialer{Network: "tcp6"}, Address{Host: "127.0.0.1", Port: "1"}, "127.0.0.1 has no IPv6 address"},
		{"other family", Dialer{Network: "udp4"}, Address{Host: "::1", Port: "1"}, "::1 has no IPv4 address"},
		{"family of the source", Dialer{Source: Address{Host: "::1"}}, Address{Host: "127.0.0.1", Port: "1"}, "127.0.0.1 has no IPv6 address"},
		{"source of the wrong family", Dialer{Network: "tcp4", Source: Address{Host: "::1"}}, Address{Host: "127.0.0.1", Port: "1"}, "::1 has no IPv4 address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := tt.d.Dial(t.Context(), tt.to)
			if c != nil || err == nil || err.Error() != tt.want {
				t.Errorf("%v, %v; want %s", c, err, tt.want)
			}
		})
	}
}

// A connection that is refused names the address, and is told of.
func TestDialRefused(t *testing.T) {
	port := freePort(t)
	var tried []Attempt
	d := Dialer{OnTried: func(a Attempt) { tried = append(tried, a) }}
	a := Address{Host: "127.0.0.1", Port: port}
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

// The end of the context is its error, and that of Timeout is another.
func TestDialContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := Dialer{Timeout: time.Hour}
	if _, err := d.Dial(ctx, Address{Host: "127.0.0.1", Port: "1"}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err := d.Dial(ctx, Address{Host: "127.0.0.1", Port: "1"}); err != context.DeadlineExceeded {
		t.Errorf("over: %v", err)
	}
	d.Timeout = 1
	var e *TimeoutError
	if _, err := d.Dial(t.Context(), Address{Host: "127.0.0.1", Port: "1"}); !errors.As(err, &e) || e.Limit != 1 || !e.Timeout() {
		t.Errorf("Timeout: %v", err)
	}
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
				if tt.to == "::1" && !hasIPv6() {
					t.Skip("this machine has no IPv6")
				}
				l := &Listener{Network: network, Address: Address{Host: tt.to}}
				s := serve(t, l, discard)
				port := freePort(t)
				d := Dialer{Network: network, Source: Address{Host: tt.source, Port: port}}
				c, err := d.Dial(t.Context(), Address{Host: tt.to, Port: portOf(s.at[0])})
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

// withNames has names of a resolver of the test: to each query it answers with
// the addresses of its family. A name that is not there does not exist.
func withNames(t *testing.T, names map[string]string) {
	r := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = r })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerDNS(server, names)
		return client, nil
	}}
}

// answerDNS answers one query as a stream has them (RFC 1035 section 4.2.2).
func answerDNS(c net.Conn, names map[string]string) {
	defer c.Close()
	buf := make([]byte, 512)
	n, err := c.Read(buf[:2])
	if n == 2 && err == nil {
		n, err = c.Read(buf[:int(buf[0])<<8|int(buf[1])])
	}
	if err != nil || n < 17 {
		return
	}
	query := buf[:n]
	end, name := 12, ""
	for query[end] != 0 {
		name += string(query[end+1:end+1+int(query[end])]) + "."
		end += 1 + int(query[end])
	}
	question := query[12 : end+5]
	wants6 := question[len(question)-3] == 28
	var records []byte
	count, rcode := byte(0), byte(3)
	if addrs, ok := names[name]; ok {
		rcode = 0
		for _, s := range strings.Fields(addrs) {
			ip := netip.MustParseAddr(s)
			if ip.Is6() == wants6 {
				records = append(records, 0xc0, 12, 0, question[len(question)-3], 0, 1, 0, 0, 0, 60, 0, byte(len(ip.AsSlice())))
				records = append(records, ip.AsSlice()...)
				count++
			}
		}
	}
	head := []byte{query[0], query[1], 0x81, 0x80 | rcode, 0, 1, 0, count, 0, 0, 0, 0}
	msg := append(append(head, question...), records...)
	c.Write(append([]byte{byte(len(msg) >> 8), byte(len(msg))}, msg...))
}

func TestResolve(t *testing.T) {
	withNames(t, map[string]string{
		"both.test.":   "192.0.2.1 2001:db8::1",
		"four.test.":   "192.0.2.1 192.0.2.2",
		"twice.test.":  "192.0.2.1 192.0.2.1",
		"mapped.test.": "192.0.2.1 ::ffff:192.0.2.1",
	})
	for _, tt := range []struct{ network, host, want string }{
		{"tcp", "192.0.2.9", "192.0.2.9"},
		{"tcp", "::ffff:192.0.2.9", "192.0.2.9"},
		{"tcp6", "::ffff:192.0.2.9", "::ffff:192.0.2.9 has no IPv6 address"},
		{"tcp6", "fe80::1%lo", "fe80::1%lo"},
		{"udp4", "both.test", "192.0.2.1"},
		{"udp6", "both.test", "2001:db8::1"},
		{"tcp6", "four.test", "four.test has no IPv6 address"},
		{"tcp", "twice.test", "192.0.2.1"},
		{"tcp", "mapped.test", "192.0.2.1"},
		{"tcp", "none.test", "no such host"},
	} {
		var told []string
		d := Dialer{OnResolved: func(host string, _ []netip.Addr, _ time.Duration) { told = append(told, host) }}
		a := Address{Host: tt.host, Port: "80"}
		ips, err := d.lookup(t.Context(), tt.network, a)
		var got []string
		for _, ip := range ips {
			got = append(got, ip.String())
		}
		text := strings.Join(got, " ")
		var e *ResolveError
		if errors.As(err, &e) {
			text = e.Err.Err
			if e.Address != a || !e.Err.IsNotFound {
				t.Errorf("%s: %+v", tt.host, e)
			}
		} else if err != nil {
			text = err.Error()
		}
		if text != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.network, tt.host, text, tt.want)
		}
		if named := strings.HasSuffix(tt.host, ".test") && err == nil; len(told) > 1 || (len(told) == 1) != named {
			t.Errorf("%s %s: told of %q", tt.network, tt.host, told)
		}
	}
}

// A scan is told of every address, and of a source of each family.
func TestResolveSources(t *testing.T) {
	withNames(t, map[string]string{"both.test.": "192.0.2.1 2001:db8::1", "four.test.": "192.0.2.1"})
	for _, tt := range []struct{ host, source, port, ips, from string }{
		{"both.test", "", "", "2 addresses", ""},
		{"both.test", "", "5000", "2 addresses", "invalid IP 5000"},
		{"both.test", "both.test", "5000", "2 addresses", "192.0.2.1 5000, 2001:db8::1 5000"},
		{"both.test", "four.test", "", "2 addresses", "192.0.2.1 0"},
		{"2001:db8::9", "four.test", "", "2001:db8::9 has no IPv4 address", ""},
	} {
		d := Dialer{Source: Address{Host: tt.source, Port: tt.port}}
		ips, sources, err := d.Resolve(t.Context(), Address{Host: tt.host, Port: "80"})
		got := fmt.Sprintf("%d addresses", len(ips))
		if err != nil {
			got = err.Error()
		}
		var from []string
		for _, s := range sources {
			from = append(from, fmt.Sprintf("%v %d", s.Addr(), s.Port()))
		}
		slices.Sort(from)
		if got != tt.ips || strings.Join(from, ", ") != tt.from {
			t.Errorf("%s from %q %q: %s, %q", tt.host, tt.source, tt.port, got, from)
		}
	}
}

// The errors of the source's name are those of every name.
func TestDialSourceUnknown(t *testing.T) {
	withNames(t, nil)
	d := Dialer{Source: Address{Host: "none.test"}}
	_, err := d.Dial(t.Context(), Address{Host: "127.0.0.1", Port: "1"})
	var e *ResolveError
	if !errors.As(err, &e) || e.Address != d.Source {
		t.Errorf("%#v", err)
	}
}

// UDP has no race: the first address with a route is taken.
func TestDialUDPName(t *testing.T) {
	withNames(t, map[string]string{"two.test.": "127.0.0.1 127.0.0.2"})
	d := Dialer{Network: "udp"}
	c, err := d.Dial(t.Context(), Address{Host: "two.test", Port: "9"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, ok := c.(*net.UDPConn); !ok || !c.RemoteAddr().(*net.UDPAddr).IP.IsLoopback() {
		t.Errorf("%T to %v", c, c.RemoteAddr())
	}
}
