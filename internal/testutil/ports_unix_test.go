//go:build unix

package testutil

import (
	"io"
	"net"
	"strconv"
	"testing"
)

// A port that only a connection in TIME_WAIT has is not free: a program may
// listen there without SO_REUSEADDR.
func TestPortInTimeWait(t *testing.T) {
	port := FreePort(t)
	ln, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server.Close() // first
	io.Copy(io.Discard, client)
	client.Close()
	ln.Close()
	if n, _ := strconv.Atoi(port); isFree(n) {
		t.Errorf("port %d is called free", n)
	}
}
