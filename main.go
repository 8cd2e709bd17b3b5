// Gonc is a netcat: it joins standard input and output to a network connection,
// as a client or a server, over TCP, UDP, Unix sockets or TLS. It also scans
// ports, runs commands, forwards connections, is a proxy and serves a test page.
// The manual is man/gonc.1.
package main

import (
	"os"

	"gonc/cli"
)

// version is set by the documented build, -ldflags "-X main.version=…".
var version = "devel"

func main() { os.Exit(cli.Run(os.Args, version)) }
