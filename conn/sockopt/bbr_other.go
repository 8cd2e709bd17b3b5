//go:build !linux

package sockopt

import "net"

// AvoidBBR is an Option that takes congestion control off which paces by
// round-trip times. Here nobody is known to have such by default.
func AvoidBBR(string, uintptr) error { return nil }

func DisableBBR(net.Conn) {}

func UsesBBR(net.Listener) bool { return false }
