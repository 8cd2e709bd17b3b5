// Gonc joins standard input and output to a network connection, in connect or
// listen mode, over TCP or UDP. It also serves a test page and a canned reply.
// The manual is man/gonc.1.
package main

import (
	"os"

	"gonc/cli"
)

// version is set by the documented build, -ldflags "-X main.version=…".
var version = "devel"

func main() { os.Exit(cli.Run(os.Args, version)) }
