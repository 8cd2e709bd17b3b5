package access

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// names is a Lookup of a small table.
func names(_ context.Context, host string) ([]netip.Addr, error) {
	switch host {
	case "db", "DB.":
		return []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}, nil
	case "nothing":
		return nil, nil
	}
	return nil, errors.New("no such host")
}

func TestHosts(t *testing.T) {
	for _, tt := range []struct{ list, in, out string }{
		{"192.0.2.1", "192.0.2.1 ::ffff:192.0.2.1", "192.0.2.2 :: ::ffff:192.0.2.2"},
		{"10.0.0.0/8", "10.0.0.0 10.255.255.255", "9.255.255.255 11.0.0.0"},
		{"10.1.2.3/8", "10.9.9.9", "11.1.2.3"},
		{"0.0.0.0/0", "1.2.3.4 255.255.255.255", ":: ::1"},
		{"::/0", ":: ::1 2001:db8::1", "1.2.3.4 ::ffff:1.2.3.4"},
		{"10.0-5.*.1-9", "10.0.0.1 10.5.255.9", "10.6.0.1 10.0.0.0 10.0.0.10 11.0.0.1"},
		{"-.*.-2.254-", "0.0.0.254 255.1.2.255", "0.0.3.254 0.0.0.253"},
		{"10.0-5.0.0/16", "10.0.1.2 10.5.255.255", "10.6.0.0"},
		{"*.*.*.*/0", "0.0.0.0 1.2.3.4", "::1"},
		{"::1", "::1", "::2 127.0.0.1"},
		{"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"},
		{"::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0"},
		{"::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"},
		{"fe80::1", "fe80::1 fe80::1%eth0", "fe80::2"},
		{"fe80::1%eth0", "fe80::1%eth0", "fe80::1 fe80::1%eth1"},
		{"fe80::/10", "fe80::1%eth0", "fec0::1"},
		{"db", "192.0.2.7 2001:db8::7", "192.0.2.8"},
		{"db/24", "192.0.2.255 2001:dff::1", "192.0.3.1"},
		{"127.0.0.1,::1,10.*.0.0", "127.0.0.1 ::1 10.3.0.0", "10.3.0.1"},
	} {
		var h Hosts
		if err := h.Add(t.Context(), tt.list, names); err != nil {
			t.Errorf("%s: %v", tt.list, err)
		}
		for ip := range strings.FieldsSeq(tt.in) {
			if !h.Has(netip.MustParseAddr(ip)) {
				t.Errorf("%s has no %s", tt.list, ip)
			}
		}
		for ip := range strings.FieldsSeq(tt.out) {
			if h.Has(netip.MustParseAddr(ip)) {
				t.Errorf("%s has %s", tt.list, ip)
			}
		}
		if h.Has(netip.Addr{}) {
			t.Errorf("%s has no address at all", tt.list)
		}
	}
}

func TestBadPatterns(t *testing.T) {
	for _, s := range []string{
		"", ",", "1.2.3.4,", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.9-1", "1.2.3.4-5-6", "1.2..4", "01.2.3.4", "1.2.3.*4",
		"1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/", "1.2.3.4/08", "1.2.3.4/8/8", "::1/129", "1.2.3.*/33", "db/33", "/8", "::g", "[::1]",
		"unknown", "nothing", "two words", "a#b", "a\x00b", "0x7f000001", "2130706433", "127.1", "-host", "a..0x1", ".", "1.2.3.4:80",
	} {
		var h Hosts
		err := h.Add(t.Context(), s, names)
		if e, ok := errors.AsType[*PatternError](err); !ok || !strings.Contains(s, e.Text) || e.Why == "" {
			t.Errorf("%q: %v", s, err)
		}
	}
	var h Hosts
	err := h.Add(t.Context(), "db", nil)
	if e, ok := errors.AsType[*PatternError](err); !ok || e.Why != "is not numeric" {
		t.Errorf("a name without a lookup: %v", err)
	}
}

func TestHostsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hosts")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# office\n10.0.0.0/8 # the whole\r\n\n  db#ours\n1.2.3.4\t5.6.7,9-10.8\n::1")
	var h Hosts
	if err := h.AddFile(t.Context(), file, names); err != nil {
		t.Fatal(err)
	}
	for _, ip := range []string{"10.2.3.4", "192.0.2.7", "1.2.3.4", "5.6.9.8", "::1"} {
		if !h.Has(netip.MustParseAddr(ip)) {
			t.Errorf("no %s", ip)
		}
	}
	write("::1\n\n1.2.3.4 bad!\n")
	err := h.AddFile(t.Context(), file, names)
	if e, ok := errors.AsType[*PatternError](err); !ok || e.Line != 3 || e.File != file || e.Text != "bad!" {
		t.Errorf("%v", err)
	}
	if err := h.AddFile(t.Context(), file+"-none", names); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if err := h.AddFile(t.Context(), filepath.Dir(file), names); err == nil {
		t.Error("a directory is a file of hosts")
	}
	write(strings.Repeat("1", 1<<20))
	if err := h.AddFile(t.Context(), file, names); err == nil {
		t.Error("a line without an end is a file of hosts")
	}
}

func TestClients(t *testing.T) {
	list := func(s string) *Hosts {
		h := new(Hosts)
		if err := h.Add(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		return h
	}
	ten, seven := list("10.0.0.0/8"), list("10.7.0.0/16")
	for _, tt := range []struct {
		c      Clients
		ip     string
		denied string
	}{
		{Clients{}, "10.7.0.1", ""},
		{Clients{Allow: ten}, "10.7.0.1", ""},
		{Clients{Allow: ten}, "::ffff:10.7.0.1", ""},
		{Clients{Allow: ten}, "11.0.0.1", "11.0.0.1 is not allowed"},
		{Clients{Allow: new(Hosts)}, "11.0.0.1", "11.0.0.1 is not allowed"},
		{Clients{Deny: ten}, "11.0.0.1", ""},
		{Clients{Deny: ten}, "10.0.0.1", "10.0.0.1 is denied"},
		{Clients{Allow: ten, Deny: seven}, "10.0.0.1", ""},
		{Clients{Allow: ten, Deny: seven}, "10.7.0.1", "10.7.0.1 is denied"},
		{Clients{Allow: seven, Deny: ten}, "10.7.0.1", "10.7.0.1 is denied"},
	} {
		err := tt.c.Check(netip.MustParseAddr(tt.ip))
		if (err == nil) != (tt.denied == "") || err != nil && err.Error() != tt.denied {
			t.Errorf("%s: %v, want %q", tt.ip, err, tt.denied)
		}
	}
	if err := (&Clients{Allow: ten}).Check(netip.Addr{}); err == nil {
		t.Error("a client without an address is on a list")
	}
}
