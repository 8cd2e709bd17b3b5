package conn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gonc/conn/addr"
)

// A nameServer is a resolver of the test: to each query it answers with the
// addresses of its family. Where there is "fail4" or "fail6" among them, a
// query of that family fails; where there is "silent", none is answered. A name
// that is not there does not exist.
type nameServer struct {
	names map[string]string

	mu    sync.Mutex
	asked []string // "four.test. 4"
}

// withNames makes a nameServer the system's until the test ends.
func withNames(t *testing.T, names map[string]string) *nameServer {
	s := &nameServer{names: names}
	r := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = r })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go s.serve(server)
		return client, nil
	}}
	return s
}

// queries returns what was asked since it was last called, each once.
func (s *nameServer) queries() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.asked)
	all := strings.Join(slices.Compact(s.asked), ", ")
	s.asked = nil
	return all
}

// serve answers one query as a stream has them (RFC 1035 section 4.2.2).
func (s *nameServer) serve(c net.Conn) {
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
	version := 4
	if query[end+2] == 28 {
		version = 6
	}
	s.mu.Lock()
	s.asked = append(s.asked, fmt.Sprint(name, " ", version))
	s.mu.Unlock()
	if s.names[name] == "silent" {
		c.Read(buf) // until the resolver has given up
		return
	}
	records, count, rcode := s.records(name, version)
	head := []byte{query[0], query[1], 0x81, 0x80 | rcode, 0, 1, 0, count, 0, 0, 0, 0}
	msg := slices.Concat(head, query[12:end+5], records)
	c.Write(append([]byte{byte(len(msg) >> 8), byte(len(msg))}, msg...))
}

// records returns the records of an answer and its code.
func (s *nameServer) records(name string, version int) (records []byte, count, rcode byte) {
	addrs, ok := s.names[name]
	if !ok {
		return nil, 0, 3
	}
	kind := map[int]byte{4: 1, 6: 28}[version]
	for _, text := range strings.Fields(addrs) {
		if text == fmt.Sprint("fail", version) {
			return nil, 0, 2
		}
		ip, err := netip.ParseAddr(text)
		if err == nil && ip.Is6() == (version == 6) {
			records = append(records, 0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, byte(len(ip.AsSlice())))
			records = append(records, ip.AsSlice()...)
			count++
		}
	}
	return records, count, 0
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
		a := addr.Addr{Host: tt.host, Port: "80"}
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

// A scan gets every address, and a source of each family.
func TestResolveSources(t *testing.T) {
	withNames(t, map[string]string{"both.test.": "192.0.2.1 2001:db8::1", "four.test.": "192.0.2.1"})
	for _, tt := range []struct{ host, source, port, ips, from string }{
		{"both.test", "", "", "2 addresses", ""},
		{"both.test", "", "5000", "2 addresses", "invalid IP 5000"},
		{"both.test", "both.test", "5000", "2 addresses", "192.0.2.1 5000, 2001:db8::1 5000"},
		{"both.test", "four.test", "", "2 addresses", "192.0.2.1 0"},
		{"2001:db8::9", "four.test", "", "2001:db8::9 has no IPv4 address", ""},
	} {
		d := Dialer{Source: addr.Addr{Host: tt.source, Port: tt.port}}
		ips, sources, err := d.Resolve(t.Context(), addr.Addr{Host: tt.host, Port: "80"})
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

// Of a version that was asked for nothing else is looked up: a name server
// that swallows the other queries would hold it up. Whether the name has other
// addresses is asked when it has none of that version, and of a lookup that
// failed nothing is said but that.
func TestResolveOneVersion(t *testing.T) {
	server := withNames(t, map[string]string{
		"both.test.":  "192.0.2.1 2001:db8::1",
		"four.test.":  "192.0.2.1",
		"fail6.test.": "192.0.2.1 fail6",
	})
	const unknown, failed = "no such host", "server misbehaving"
	for _, tt := range []struct{ network, host, want, asked string }{
		{"tcp4", "both.test", "", "both.test. 4"},
		{"udp6", "both.test", "", "both.test. 6"},
		{"tcp4", "fail6.test", "", "fail6.test. 4"},
		{"tcp6", "fail6.test", failed, "fail6.test. 6"},
		{"tcp6", "four.test", "four.test has no IPv6 address", "four.test. 4, four.test. 6"},
		{"tcp6", "none.test", unknown, "none.test. 4, none.test. 6"},
	} {
		var d Dialer
		_, err := d.lookup(t.Context(), tt.network, addr.Addr{Host: tt.host + ".", Port: "80"})
		got := ""
		var e *ResolveError
		if errors.As(err, &e) {
			got = e.Err.Err
		} else if err != nil {
			got = strings.Replace(err.Error(), ".test.", ".test", 1)
		}
		if asked := server.queries(); got != tt.want || asked != tt.asked {
			t.Errorf("%s %s: %q, asked for %s; want %q, %s", tt.network, tt.host, got, asked, tt.want, tt.asked)
		}
	}
}
