package addr

import (
	"net"
	"strconv"
)

// ZoneIndex returns the index of an interface that is named by name or by
// number; zero when there is none.
func ZoneIndex(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifi.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}
