package conn

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Who has a port is found by it, whatever the family; and only who listens.
func TestPortOwner(t *testing.T) {
	s := serve(t, &Listener{Address: Address{Host: "127.0.0.1"}}, discard)
	u := serve(t, &Listener{Network: "udp6", Address: Address{Host: "::1"}}, discard)
	for _, tt := range []struct {
		network, port string
		found         bool
	}{
		{"tcp", portOf(s.at[0]), true},
		{"udp", portOf(u.at[0]), true},
		{"tcp", freePort(t), false},
		{"tcp", "no-such-service", false},
	} {
		if got := PortOwner(tt.network, tt.port); (got == owner()) != tt.found || !tt.found && got != "" {
			t.Errorf("%s %s: %q, this is %q", tt.network, tt.port, got, owner())
		}
	}
}

// owner is this process as PortOwner writes it.
func owner() string {
	name, _ := os.ReadFile("/proc/self/comm")
	return fmt.Sprintf("%q (pid %d)", strings.TrimSpace(string(name)), os.Getpid())
}
