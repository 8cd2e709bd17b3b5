package cli

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// throughPair connects to port, behind which a forwarder connects to ln.
func throughPair(t *testing.T, ln net.Listener, port string) (client, target *net.TCPConn) {
	t.Helper()
	c := connection(t, dial(t, "tcp", port))
	far, err := ln.Accept()
	check(t, err)
	for _, c := range []net.Conn{c, far} {
		c.SetDeadline(time.Now().Add(patience))
		t.Cleanup(func() { c.Close() })
	}
	return c.(*net.TCPConn), far.(*net.TCPConn)
}

func wantReset(t *testing.T, c net.Conn, what string) {
	t.Helper()
	if _, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%s: %v", what, err)
	}
}

// wantAll reads all that comes to c, which ends well.
func wantAll(t *testing.T, c net.Conn, want []byte) {
	t.Helper()
	got, err := io.ReadAll(c)
	check(t, err)
	wantSame(t, "received", got, want)
}

// What one side does the other one sees: resets, idleness. Of half-closes
// testdata/script/forward.txtar has more.
func TestForwardEnds(t *testing.T) {
	ln := listenTCP(t)
	p, port := listening(t, nil, "-k", "--to", ln.Addr().String(), "--idle-timeout", "4")
	client, target := throughPair(t, ln, port)
	client.Write([]byte("x"))
	io.ReadFull(target, make([]byte, 1))
	client.SetLinger(0)
	client.Close()
	wantReset(t, target, "the client was reset, the target reads")

	client, target = throughPair(t, ln, port)
	target.Write([]byte("x"))
	io.ReadFull(client, make([]byte, 1))
	target.SetLinger(0)
	target.Close()
	wantReset(t, client, "the target was reset, the client reads")

	client, target = throughPair(t, ln, port)
	io.ReadAll(client) // until the idle limit
	io.ReadAll(target)
	await(t, p, `connection from \S+ \d+: connection idle for \S+, the limit of --idle-timeout$`)
}

// A signal resets the connections that it cuts short, so that no peer takes a
// part for the whole. One that has had everything has its EOF.
func TestForwardTerminated(t *testing.T) {
	ln := listenTCP(t)
	p, port := listening(t, nil, "-k", "--to", ln.Addr().String())
	half := payload(1 << 20)

	cutClient, cutTarget := throughPair(t, ln, port)
	go cutClient.Write(half)
	_, err := io.ReadFull(cutTarget, make([]byte, len(half)))
	check(t, err)

	client, target := throughPair(t, ln, port)
	go func() { client.Write(half); client.CloseWrite() }()
	wantAll(t, target, half)
	target.Write([]byte("part"))
	_, err = io.ReadFull(client, make([]byte, 4))
	check(t, err)

	doneClient, doneTarget := throughPair(t, ln, port)
	doneTarget.CloseWrite()
	wantAll(t, doneClient, nil)
	doneClient.Write([]byte("part"))
	_, err = io.ReadFull(doneTarget, make([]byte, 4))
	check(t, err)

	check(t, p.cmd.Process.Signal(syscall.SIGTERM))
	wantStatus(t, p, "terminated")
	wantReset(t, cutTarget, "half of it came, the target reads")
	wantReset(t, cutClient, "half of it was sent, the client reads")
	wantReset(t, client, "the target was not done, the client reads")
	wantAll(t, target, nil)
	wantReset(t, doneTarget, "the client was not done, the target reads")
	wantAll(t, doneClient, nil)
}
