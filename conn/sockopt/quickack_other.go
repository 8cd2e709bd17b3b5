//go:build !linux

package sockopt

import "net"

// AckNow does nothing: only Linux has TCP_QUICKACK.
func AckNow(net.Conn) {}
