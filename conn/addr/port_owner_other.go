//go:build !linux

package addr

// PortOwner returns "": this system does not tell which program has a port.
func PortOwner(network string, a Addr) string { return "" }
