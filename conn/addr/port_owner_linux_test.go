package conn

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Who has a port is found by it, at that address or at all of them; and only
// who listens.
func TestPortOwner(t *testing.T) {
	s := serve(t, &Listener{Address: Address{Host: "127.0.0.1"}}, discard)
	u := serve(t, &Listener{Network: "udp6", Address: Address{Host: "::1"}}, discard)
	all := serve(t, &Listener{Network: "tcp4", Address: Address{Host: "0.0.0.0"}}, discard)
	for _, tt := range []struct {
		network, host, port string
		found               bool
	}{
		{"tcp", "127.0.0.1", portOf(s.at[0]), true},
		{"tcp", "", portOf(s.at[0]), true},
		{"tcp", "0.0.0.0", portOf(s.at[0]), true},
		{"tcp", "::", portOf(s.at[0]), true},
		{"tcp", "127.0.0.2", portOf(s.at[0]), false},
		{"tcp", "::1", portOf(s.at[0]), false},
		{"tcp", "127.0.0.2", portOf(all.at[0]), true},
		{"tcp", "::1", portOf(all.at[0]), false},
		{"udp", "::1", portOf(u.at[0]), true},
		{"udp", "127.0.0.1", portOf(u.at[0]), false},
		{"tcp", "", freePort(t), false},
		{"tcp", "", "no-such-service", false},
		{"tcp", "no-such-host", portOf(s.at[0]), false},
	} {
		got := PortOwner(tt.network, Address{Host: tt.host, Port: tt.port})
		if (got == owner()) != tt.found || !tt.found && got != "" {
			t.Errorf("%s %s %s: %q, this is %q", tt.network, tt.host, tt.port, got, owner())
		}
	}
}

// owner is this process as PortOwner writes it.
func owner() string {
	name, _ := os.ReadFile("/proc/self/comm")
	return fmt.Sprintf("%q (pid %d)", strings.TrimSpace(string(name)), os.Getpid())
}
