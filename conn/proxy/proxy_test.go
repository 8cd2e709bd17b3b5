package proxy

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"gonc/conn/addr"
)

func TestProxyType(t *testing.T) {
	for name, want := range map[string]string{
		"4": "socks4", "4a": "socks4a", "4A": "socks4a", "5": "socks5", "connect": "http",
		"socks4": "socks4", "socks4a": "socks4a", "SOCKS5": "socks5", "http": "http",
		"": "", "6": "", "https": "", "socks": "",
	} {
		if got, err := ParseType(name); got != want || (err == nil) != (want != "") {
			t.Errorf("ProxyType(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestParseProxy(t *testing.T) {
	for _, tt := range []struct {
		s, defaultType string
		want           Proxy
	}{
		{"h", "socks5", Proxy{Type: "socks5", Address: addr.Addr{Host: "h", Port: "1080"}}},
		{"h", "http", Proxy{Type: "http", Address: addr.Addr{Host: "h", Port: "3128"}}},
		{"h:8080", "http", Proxy{Type: "http", Address: addr.Addr{Host: "h", Port: "8080"}}},
		{"127.0.0.1:9050", "socks4a", Proxy{Type: "socks4a", Address: addr.Addr{Host: "127.0.0.1", Port: "9050"}}},
		{"[::1]:9", "socks5", Proxy{Type: "socks5", Address: addr.Addr{Host: "::1", Port: "9"}}},
		{"[::1]", "socks5", Proxy{Type: "socks5", Address: addr.Addr{Host: "::1", Port: "1080"}}},
		{"::1", "socks5", Proxy{Type: "socks5", Address: addr.Addr{Host: "::1", Port: "1080"}}},
		{"2001:db8::5", "http", Proxy{Type: "http", Address: addr.Addr{Host: "2001:db8::5", Port: "3128"}}},
		{"2001:db8:0:0:0:0:0:5", "http", Proxy{Type: "http", Address: addr.Addr{Host: "2001:db8:0:0:0:0:0:5", Port: "3128"}}},
		{"2001:db8::1:beef", "http", Proxy{Type: "http", Address: addr.Addr{Host: "2001:db8::1:beef", Port: "3128"}}},
		{"fe80::1%eth0", "http", Proxy{Type: "http", Address: addr.Addr{Host: "fe80::1%eth0", Port: "3128"}}},
		{"socks5://h", "http", Proxy{Type: "socks5", Address: addr.Addr{Host: "h", Port: "1080"}}},
		{"socks5h://h", "http", Proxy{Type: "socks5", Address: addr.Addr{Host: "h", Port: "1080"}, DNS: "remote"}},
		{"SOCKS4://h:1/", "http", Proxy{Type: "socks4", Address: addr.Addr{Host: "h", Port: "1"}}},
		{"socks4a://me@h", "http", Proxy{Type: "socks4a", Address: addr.Addr{Host: "h", Port: "1080"}, User: "me"}},
		{"socks://h", "http", Proxy{Type: "socks5", Address: addr.Addr{Host: "h", Port: "1080"}}},
		{"socks://h", "socks4", Proxy{Type: "socks4", Address: addr.Addr{Host: "h", Port: "1080"}}},
		{"http://u:p@h", "socks5", Proxy{Type: "http", Address: addr.Addr{Host: "h", Port: "3128"}, User: "u", Password: "p"}},
		{"http://u:p:q@r@[::1]:8/", "socks5", Proxy{Type: "http", Address: addr.Addr{Host: "::1", Port: "8"}, User: "u", Password: "p:q@r"}},
		{"socks5://a%40b:%25%3a@h", "http", Proxy{Type: "socks5", Address: addr.Addr{Host: "h", Port: "1080"}, User: "a@b", Password: "%:"}},
		{"http://[fe80::1%25eth0]:8", "http", Proxy{Type: "http", Address: addr.Addr{Host: "fe80::1%eth0", Port: "8"}}},
	} {
		got, err := Parse(tt.s, tt.defaultType)
		if err != nil || got != tt.want {
			t.Errorf("ParseProxy(%q, %q) = %+v, %v, want %+v", tt.s, tt.defaultType, got, err, tt.want)
		}
	}
}

func TestParseProxyRefuses(t *testing.T) {
	for s, want := range map[string]string{
		"":                        "has no host",
		":1080":                   "has no host",
		"h:":                      "has no port after the colon",
		"h:0":                     "port number invalid: 0",
		"h:65536":                 "port number too large: 65536",
		"h:http/1":                "port number invalid",
		"a b":                     "a character that no host name has",
		"h/path":                  "a character that no host name has",
		"http://h/path":           "a character that no host name has",
		"http://h:80/path":        "port number invalid",
		"b\xc3\xbccher":           "a character that no host name has: \"\u00fc\"",
		"b\xc3":                   "a character that no host name has: \"\\xc3\"",
		"1:2:3":                   "more than one colon",
		"2001:db8::1:1080":        "may or may not end in a port",
		"[::1":                    "brackets",
		"::%]":                    "a character that no host name has",
		"http://[::1%25%25]":      "a character that no host name has",
		"https://u:hunter2@h":     "not a known kind of proxy",
		"socks6://u:hunter2@h":    "not a known kind of proxy",
		"u:hunter2@h:80":          "only a URL can have",
		"http://u:hunter2%zz@h":   "bad escape",
		"http://u:hunter2@h:x y":  "port number invalid",
		"http://u:hunter2@":       "has no host",
		strings.Repeat("h", 256):  "longer than 255",
		"http://u:hunter2@h%25/x": "character",
	} {
		p, err := Parse(s, "http")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseProxy(%q): %v, want %q", s, err, want)
		} else if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "hunter2") || p != (Proxy{}) {
			t.Errorf("ParseProxy(%q): %s, %+v holds the password", s, text, p)
		}
	}
}

// FuzzParseProxy: what is accepted has a host and a port, and means the same
// when it is written as a URL.
func FuzzParseProxy(f *testing.F) {
	for _, s := range []string{"h", "h:1", "[::1]:1", "::1", "socks5://u:p@h:1/", "http://[fe80::1%25e]", "2001:db8::1:1", "::%%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s, "http")
		if err != nil {
			if p != (Proxy{}) {
				t.Fatalf("%q: %+v comes with %v", s, p, err)
			}
			return
		}
		if h, err := parseHop(p.Address); err != nil || h.port == 0 {
			t.Fatalf("%q: %+v, %v", s, p, err)
		}
		again, err := Parse(p.Type+"://"+strings.Replace(p.Address.String(), "%", "%25", 1), "socks5")
		if err != nil || again.Address != p.Address || again.Type != p.Type {
			t.Fatalf("%q: %+v, then %+v, %v", s, p, again, err)
		}
	})
}

func TestDestination(t *testing.T) {
	names := func(_ context.Context, network, host string) ([]netip.Addr, error) {
		if host != "known" {
			return nil, &net.DNSError{Err: "no such host", Name: host}
		}
		if network == "ip4" {
			return []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")}, nil
	}
	for _, tt := range []struct{ proxy, dns, network, host, want string }{
		{"socks5", "", "ip", "known", "known"},
		{"socks5", "remote", "ip", "unknown", "unknown"},
		{"socks5", "local", "ip", "known", "2001:db8::1"},
		{"http", "local", "ip4", "known", "192.0.2.1"},
		{"http", "local", "ip", "unknown", ""},
		{"http", "both", "ip", "known", "2001:db8::1"},
		{"http", "both", "ip", "unknown", "unknown"},
		{"http", "none", "ip", "known", ""},
		{"http", "none", "ip", "192.0.2.7", "192.0.2.7"},
		{"http", "none", "ip", "127.1", "127.0.0.1"},
		{"socks4", "", "ip", "known", "192.0.2.1"},
		{"socks4", "both", "ip", "unknown", ""},
		{"socks4", "none", "ip", "known", ""},
		{"socks4", "", "ip6", "known", ""},
		{"socks4a", "", "ip", "known", "known"},
		{"socks4a", "local", "ip4", "known", "192.0.2.1"},
	} {
		p := Proxy{Type: tt.proxy, Address: addr.Addr{Host: "p", Port: "1"}, DNS: tt.dns}
		got, err := p.Resolve(t.Context(), tt.network, addr.Addr{Host: tt.host, Port: "80"}, names)
		if (err != nil) != (tt.want == "") || err == nil && got != (addr.Addr{Host: tt.want, Port: "80"}) {
			t.Errorf("%+v: %v, %v", tt, got, err)
		}
	}
}
