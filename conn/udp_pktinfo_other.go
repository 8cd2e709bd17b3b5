//go:build !linux

package conn

import "net/netip"

// oobSize is room for the control messages of one datagram: none are asked
// for here.
const oobSize = 0

// enablePktinfo does nothing: answers come from the address that the system picks.
func enablePktinfo(string, uintptr) error { return nil }

func parsePktinfo([]byte) (to, own netip.Addr) { return to, own }

func pktinfo(netip.Addr) []byte { return nil }

func defaultSource(netip.AddrPort) netip.Addr { return netip.Addr{} }
