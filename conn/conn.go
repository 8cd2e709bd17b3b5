// Package conn obtains connections: a Dialer connects and a Listener accepts,
// over TCP, UDP and Unix sockets, through proxies and with TLS. Both end in a
// net.Conn. What flows over it is the business of package relay.
//
// The package prints nothing. What happens is reported as facts, through
// optional func fields (OnListen, OnTried, ...), and what fails as typed errors. An
// error whose cause is on this machine, and not on the network or at a peer, has a
// method Local() bool that returns true.
//
// A step that every connection has to pass is a field: Listener.Access, Header
// and Secure when one is accepted, Dialer.Header and Secure when one is made.
//
// A connection that Dial returns belongs to the caller; one that Serve hands to
// its handler belongs to the handler. The owner closes it.
package conn
