// Package conn obtains connections: it dials and it listens, over TCP, UDP
// and whatever else ends in a net.Conn. What flows over a connection is not
// its business (package relay does that), and neither are sentences: what a
// user may want to know is reported as facts, through optional func fields,
// and package main makes words of them.
//
// Ownership: a connection that Dial returns belongs to the caller; one that
// Serve hands to its handler belongs to the handler. After the hand-over this
// package never touches it again.
package conn
