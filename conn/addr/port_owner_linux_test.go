package addr

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"gonc/internal/testutil"
)

// The owner of a port is found by the port, at that address or at all of them; and
// only a listener.
func TestPortOwner(t *testing.T) {
	one, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	all, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	u, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Skip(err)
	}
	defer u.Close()
	portOf := func(a net.Addr) string { return strconv.Itoa(int(PortOf(a))) }
	for _, tt := range []struct {
		network, host, port string
		found               bool
	}{
		{"tcp", "127.0.0.1", portOf(one.Addr()), true},
		{"tcp", "", portOf(one.Addr()), true},
		{"tcp", "0.0.0.0", portOf(one.Addr()), true},
		{"tcp", "::", portOf(one.Addr()), true},
		{"tcp", "127.0.0.2", portOf(one.Addr()), false},
		{"tcp", "::1", portOf(one.Addr()), false},
		{"tcp", "127.0.0.2", portOf(all.Addr()), true},
		{"tcp", "::1", portOf(all.Addr()), false},
		{"udp", "::1", portOf(u.LocalAddr()), true},
		{"udp", "127.0.0.1", portOf(u.LocalAddr()), false},
		{"tcp", "", testutil.FreePort(t), false},
		{"tcp", "", "no-such-service", false},
		{"tcp", "no-such-host", portOf(one.Addr()), false},
	} {
		got := PortOwner(tt.network, Addr{Host: tt.host, Port: tt.port})
		if (got == owner()) != tt.found || !tt.found && got != "" {
			t.Errorf("%s %s %s: %q, this is %q", tt.network, tt.host, tt.port, got, owner())
		}
	}
}

// owner returns this process as PortOwner writes it.
func owner() string {
	name, _ := os.ReadFile("/proc/self/comm")
	return fmt.Sprintf("%q (pid %d)", strings.TrimSpace(string(name)), os.Getpid())
}
