package cli

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// A scan asks for the first port through a proxy alone, and then for several at
// once; it prints them in order.
func TestScanProxyAtOnce(t *testing.T) {
	ln := listenTCP(t)
	ln.SetDeadline(time.Now().Add(patience))
	scan := begin(t, gonc(nil, "-z", "-w", "60", "-x", ln.Addr().String(), "192.0.2.1", "5001-5004"))
	asked := func() net.Conn {
		c, err := ln.Accept()
		check(t, err)
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(patience))
		_, err = io.ReadFull(c, make([]byte, 3))
		check(t, err)
		return c
	}
	connect := func(c net.Conn) {
		c.Write([]byte{5, 0})
		_, err := io.ReadFull(c, make([]byte, 10))
		check(t, err)
		c.Write([]byte{5, 0, 0, 1, 127, 0, 0, 1, 0, 80})
	}
	connect(asked())
	together := []net.Conn{asked(), asked(), asked()}
	for i := range together {
		connect(together[len(together)-1-i])
	}
	wantStatus(t, scan, "0")
	lines := strings.Split(strings.TrimSpace(scan.stdout.String()), "\n")
	for i, port := range []string{"5001", "5002", "5003", "5004"} {
		if len(lines) != 4 || !strings.Contains(lines[i], " "+port+" ") {
			t.Fatalf("it printed %q", lines)
		}
	}
}
