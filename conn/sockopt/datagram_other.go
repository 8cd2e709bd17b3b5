//go:build !unix

package sockopt

import "net/netip"

// MaxRecvBuffer does nothing: the system's default is as good as another size.
func MaxRecvBuffer(string, uintptr) error { return nil }

// JoinGroup returns an error: sockets are not bound to groups here.
func JoinGroup(group netip.Addr, ifname string) Option {
	return func(string, uintptr) error {
		return &Error{Option: "multicast group", Value: group.String(), Err: errMissing}
	}
}
