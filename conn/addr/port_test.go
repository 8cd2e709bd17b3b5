package addr

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParsePorts(t *testing.T) {
	for _, tt := range []struct {
		operands string // separated by commas
		want     []uint16
		err      string
	}{
		{"80", []uint16{80}, ""},
		{"080", []uint16{80}, ""},
		{"65535", []uint16{65535}, ""},
		{"20-23", []uint16{20, 21, 22, 23}, ""},
		{"23-20", []uint16{20, 21, 22, 23}, ""},
		{"80-80", []uint16{80}, ""},
		{"65534-65535", []uint16{65534, 65535}, ""},
		{"3,1,3", []uint16{3, 1, 3}, ""},
		{"http", []uint16{80}, ""},
		{"22,http,1-2", []uint16{22, 80, 1, 2}, ""},
		{"0", nil, "port number too small: 0"},
		{"0-3", nil, "port number too small: 0"},
		{"3-0", nil, "port number too small: 0"},
		{"-5", nil, "port number too small: -5"},
		{"65536", nil, "port number too large: 65536"},
		{"1-70000", nil, "port number too large: 70000"},
		{"99999999999999999999", nil, "port number too large: 99999999999999999999"},
		{"", nil, "port number invalid: "},
		{"-", nil, "port number invalid: -"},
		{"5-", nil, "port number invalid: 5-"},
		{"80 ", nil, "port number invalid: 80 "},
		{"0x50", nil, "port number invalid: 0x50"},
		{"1-2-3", nil, "port number invalid: 2-3"},
		{"a-b", nil, "port number invalid: a-b"},
		{"http-80", nil, "port number invalid: http-80"},
		{"79-http", nil, "port number invalid: http"},
		{"no-such-service", nil, "port number invalid: no-such-service"},
		{"80,", nil, "port number invalid: "},
	} {
		got, err := ParsePorts("tcp", strings.Split(tt.operands, ","))
		if !slices.Equal(got, tt.want) || fmt.Sprint(err) != cmp.Or(tt.err, "<nil>") {
			t.Errorf("%q: %v, %v; want %v, %v", tt.operands, got, err, tt.want, tt.err)
		}
		var e *PortError
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%q: %T is no *PortError", tt.operands, err)
		}
	}
}

// A name with a dash in it is no range.
func TestParsePortsNameWithDash(t *testing.T) {
	for network, name := range map[string]string{"tcp": "http-alt", "udp": "netbios-ns"} {
		port, ok := lookupService(network, name)
		if !ok {
			t.Logf("this system does not know %s/%s", name, network)
			continue
		}
		got, err := ParsePorts(network, []string{name})
		if !slices.Equal(got, []uint16{port}) || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// What is accepted is one ascending run of ports other than 0, and the same
// when its ends are written as numbers, in either order.
func FuzzParsePorts(f *testing.F) {
	for _, s := range []string{"80", "20-25", "25-20", "http", "http-alt", "-", "0", "1-2-3", "65535-65536", "+1", "٣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParsePorts("tcp", []string{s})
		if err != nil {
			var e *PortError
			if got != nil || !errors.As(err, &e) || !strings.Contains(s, e.Text) {
				t.Fatalf("%q: %v, %v", s, got, err)
			}
			return
		}
		for i, port := range got {
			if port == 0 || i > 0 && port != got[i-1]+1 {
				t.Fatalf("%q: %v", s, got)
			}
		}
		lo, hi := got[0], got[len(got)-1]
		for _, same := range []string{fmt.Sprintf("%d-%d", lo, hi), fmt.Sprintf("%d-%d", hi, lo)} {
			if again, err := ParsePorts("tcp", []string{same}); !slices.Equal(got, again) || err != nil {
				t.Fatalf("%q is %v, but %q is %v, %v", s, got, same, again, err)
			}
		}
	})
}
