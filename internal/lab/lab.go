// Package lab makes networks of a few machines for tests: network namespaces
// that are joined by virtual cables. It needs Linux, root, iproute2 and
// nftables.
package lab
