//go:build !linux

package conn

import "net/netip"

// oobSize is room for the control messages of one datagram: none are asked
// for here.
const oobSize = 0

// tellLocal does nothing: answers come from the address that the system picks.
func tellLocal(string, uintptr) error { return nil }

func localOf([]byte) (to, own netip.Addr) { return to, own }

func fromLocal(netip.Addr) []byte { return nil }

func usualLocal(netip.AddrPort) netip.Addr { return netip.Addr{} }
