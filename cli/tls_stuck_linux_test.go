package cli

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Many clients that begin no handshake, or do not go on with one, keep no other
// waiting; the limit closes them, and nothing is left of them.
func TestTLSStuckHandshakes(t *testing.T) {
	skipShort(t)
	dir := tlsFiles(t)
	server, port := listening(t, nil, "-k", "--max-conns", "2000", "--connect-timeout", "6", "--ssl-cert", filepath.Join(dir, "server.both"))
	visit := func() {
		t.Helper()
		p := complete(t, gonc(strings.NewReader("hello\n"), "--ssl-trustfile", filepath.Join(dir, "ca.pem"), "127.0.0.1", port))
		wantStatus(t, p, "0")
	}
	visit()
	few := restingDescriptors(t, server)
	var stuck []net.Conn
	for i := range 1000 {
		c := connection(t, dial(t, "tcp", port))
		if i%2 == 0 {
			c.Write([]byte("\x16\x03\x01\x02\x00\x01"))
		}
		stuck = append(stuck, c)
	}
	visit()
	for _, c := range stuck {
		c.SetReadDeadline(time.Now().Add(patience))
		c.Read(make([]byte, 1))
	}
	await(t, server, `TLS handshake failed: the client did not finish it in time \(and \d+ others\)$`)
	visit()
	wantIdle(t, server, few)
}
