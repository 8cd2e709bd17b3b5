package addr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestSplitHostPort(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Addr
		why  string // of the error; empty: none
	}{
		{"localhost:80", Addr{Host: "localhost", Port: "80"}, ""},
		{"127.0.0.1:http", Addr{Host: "127.0.0.1", Port: "http"}, ""},
		{"[::1]:80", Addr{Host: "::1", Port: "80"}, ""},
		{"[fe80::1%eth0]:80", Addr{Host: "fe80::1%eth0", Port: "80"}, ""},
		{"[name]:80", Addr{Host: "name", Port: "80"}, ""},
		{":80", Addr{Port: "80"}, ""},
		{"host:0", Addr{Host: "host", Port: "0"}, ""},
		{"", Addr{}, "has no port"},
		{"localhost", Addr{}, "has no port"},
		{"host:", Addr{}, "has no port after the colon"},
		{"::1", Addr{}, "is an IPv6 address without a port"},
		{"fe80::1%eth0", Addr{}, "is an IPv6 address without a port"},
		{"[::1]", Addr{}, "is an IPv6 address without a port"},
		{"[::1]:", Addr{}, "has no port after the colon"},
		{"[::1:80", Addr{}, "has brackets in the wrong places"},
		{"[::1]80", Addr{}, "has brackets in the wrong places"},
		{"a:b:80", Addr{}, "has more than one colon"},
	} {
		got, err := Split(tt.text)
		var e *Error
		why := ""
		if errors.As(err, &e) {
			why = e.Why
		}
		if got != tt.want || why != tt.why || (err != nil) != (why != "") {
			t.Errorf("%q: %+v, %v; want %+v, %q", tt.text, got, err, tt.want, tt.why)
		}
		if why != "" && (e.Text != tt.text || !strings.Contains(err.Error(), strconv.Quote(tt.text))) {
			t.Errorf("%q: the error does not say it: %v", tt.text, err)
		}
	}
}

// What is accepted, String brings back to the same.
func FuzzSplitHostPort(f *testing.F) {
	for _, s := range []string{"host:80", "[::1]:80", "[fe80::1%eth0]:http", ":80", "::1", "[]:1", "a:b:c", "[a]b:1", "%:0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Split(s)
		if err != nil {
			if a != (Addr{}) {
				t.Fatalf("%q: %+v beside %v", s, a, err)
			}
			return
		}
		if a.Port == "" || a.Path != "" {
			t.Fatalf("%q: %+v", s, a)
		}
		if again, err := Split(a.String()); again != a || err != nil {
			t.Fatalf("%q is %+v, which is written %q, which is %+v, %v", s, a, a.String(), again, err)
		}
	})
}

func TestParseHost(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "",
		"name":             "name",
		"::1":              "::1",
		"[::1]":            "::1",
		"[fe80::1%eth0]":   "fe80::1%eth0",
		"[127.0.0.1]":      "[127.0.0.1]",
		"[name]":           "[name]",
		"[::1":             "[::1",
		"::1]":             "::1]",
		"[[::1]]":          "[[::1]]",
		"[]":               "[]",
		"[::ffff:1.2.3.4]": "::ffff:1.2.3.4",
	} {
		if got := ParseHost(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A host is given back as it is, or without brackets around it; and then it
// is an IPv6 address, which String puts into them again.
func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"name", "[::1]", "[fe80::1%a]", "[[::1]]", "[", "[::1]]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		host := ParseHost(s)
		if host == s {
			return
		}
		if a := (Addr{Host: host, Port: "1"}); "["+host+"]" != s || a.String() != s+":1" || ParseHost(host) != host {
			t.Fatalf("%q: %q, written %q", s, host, a)
		}
	})
}

func TestParsePort(t *testing.T) {
	for _, tt := range []struct {
		text string
		want uint16
		why  string
	}{
		{"0", 0, ""},
		{"1", 1, ""},
		{"080", 80, ""},
		{"65535", 65535, ""},
		{"65536", 0, "too large"},
		{"99999999999999999999999", 0, "too large"},
		{"http", 80, ""},
		{"", 0, "invalid"},
		{"-1", 0, "invalid"},
		{"+1", 0, "invalid"},
		{" 1", 0, "invalid"},
		{"0x50", 0, "invalid"},
		{"1_0", 0, "invalid"},
		{"٣", 0, "invalid"},
		{"no-such-service", 0, "invalid"},
	} {
		got, err := ParsePort("tcp", tt.text)
		var want error
		if tt.why != "" {
			want = &PortError{tt.text, tt.why}
		}
		if got != tt.want || fmt.Sprint(err) != fmt.Sprint(want) {
			t.Errorf("%q: %d, %v; want %d, %v", tt.text, got, err, tt.want, want)
		}
	}
}

// What is accepted and begins with a digit is that number, and every error is
// a *PortError.
func FuzzParsePort(f *testing.F) {
	for _, s := range []string{"0", "80", "65536", "http", "-1", "1e3", "00000000000000000000001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		port, err := ParsePort("udp", s)
		var e *PortError
		if err != nil && (!errors.As(err, &e) || e.Text != s || port != 0) {
			t.Fatalf("%q: %d, %v", s, port, err)
		}
		if err != nil {
			return
		}
		text := strconv.Itoa(int(port))
		if isDigits(s) && strings.TrimLeft(s, "0") != strings.TrimLeft(text, "0") {
			t.Fatalf("%q: %d", s, port)
		}
		if again, err := ParsePort("udp", text); again != port || err != nil {
			t.Fatalf("%q: %d, but %q: %d, %v", s, port, text, again, err)
		}
	})
}
