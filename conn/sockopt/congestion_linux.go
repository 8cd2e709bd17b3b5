package sockopt

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func setCongestion(fd uintptr, name string) error {
	return unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
}

// congestionHint lists what the kernel has, or what it lets ordinary users
// have when permission was denied (tcp(7)).
func congestionHint(err error) string {
	if errors.Is(err, unix.EPERM) {
		return "ordinary users may have " + procWords("tcp_allowed_congestion_control") + "; the others need root"
	}
	return "this system has " + procWords("tcp_available_congestion_control")
}

// procWords returns the words of a setting of the kernel as a list.
func procWords(name string) string {
	b, err := os.ReadFile("/proc/sys/net/ipv4/" + name)
	if err != nil {
		return "what " + name + " says"
	}
	return strings.Join(strings.Fields(string(b)), ", ")
}
