//go:build !linux

package conn

import "net"

// unpaced is an Option that takes congestion control off which paces by
// round-trip times. Here nobody is known to have such by default.
func unpaced(string, uintptr) error { return nil }

func unpace(net.Conn) {}

func pacedListener(net.Listener) bool { return false }
