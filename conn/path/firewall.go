package path

// A Rule is something in this machine's firewall that was seen to keep the
// connections to a port back. That none was seen is no promise: other firewalls
// than nftables, and rules that depend on more than is known of a connection,
// are not seen, and without root nothing is.
type Rule struct {
	Family string // "ip", "ip6" or "inet"
	Table  string
	Chain  string
	Policy bool // what the chain does with what no rule is about
	Reject bool // it answers with an error, and does not drop
}
