//go:build !linux

package sockopt

import "net"

// AvoidBBR is an Option that does nothing: BBR is not known to be a default here.
func AvoidBBR(string, uintptr) error { return nil }

func DisableBBR(net.Conn) {}

func UsesBBR(net.Listener) bool { return false }
