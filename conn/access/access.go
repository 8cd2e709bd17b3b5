// Package access keeps lists of hosts and decides by them: which clients may
// connect, and to which targets a proxy server may be sent. It neither listens
// nor dials, and says what it decided as a typed error.
package access

import (
	"fmt"
	"net/netip"
)

// Clients decides which clients may connect. Its zero value admits all.
type Clients struct {
	// Allow, if not nil, lists the only clients that may connect; an empty
	// list allows none.
	Allow *Hosts

	// Deny, if not nil, lists clients that may not connect, also those that
	// are in Allow.
	Deny *Hosts
}

// A DeniedError is a client that may not connect.
type DeniedError struct {
	Client netip.Addr
	Listed bool // in Deny; else it is missing from Allow
}

func (e *DeniedError) Error() string {
	if e.Listed {
		return fmt.Sprintf("%s is denied", e.Client)
	}
	return fmt.Sprintf("%s is not allowed", e.Client)
}

// Check returns a *DeniedError unless the client at ip may connect. A client
// without an address (ip is not valid) is in no list.
func (c *Clients) Check(ip netip.Addr) error {
	switch {
	case c.Deny != nil && c.Deny.Has(ip):
		return &DeniedError{Client: ip, Listed: true}
	case c.Allow != nil && !c.Allow.Has(ip):
		return &DeniedError{Client: ip}
	}
	return nil
}
