//go:build unix

package sockopt

import (
	"strings"

	"golang.org/x/sys/unix"
)

// DualStack has a socket that listens on all IPv6 addresses take IPv4
// connections as well, which package net turns off for the networks of one
// family. OpenBSD keeps the two apart (inet6(4)); there it does nothing.
func DualStack() Option {
	return func(network string, fd uintptr) error {
		if strings.HasSuffix(network, "6") {
			unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
		}
		return nil
	}
}
