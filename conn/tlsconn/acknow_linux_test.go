package tlsconn

import (
	"crypto/tls"
	"net"
	"testing"
	"time"
)

// A client of TLS 1.3 that has Nagle's algorithm on gets its first bytes through
// at once, although the server has nothing to send. Linux delays an
// acknowledgement by 40 ms at least, each time.
func TestFirstBytesNotDelayed(t *testing.T) {
	const delayed = 40 * time.Millisecond
	sv, err := (&Config{}).Server()
	if err != nil {
		t.Fatal(err)
	}
	least := time.Hour
	for range 50 {
		a, b := pair(t)
		a.(*net.TCPConn).SetNoDelay(false)
		least = min(least, firstBytes(t, sv, a, b))
		if least < delayed/2 {
			return
		}
	}
	t.Errorf("the first bytes took %v at least", least)
}

// firstBytes returns how long the first bytes of a client take.
func firstBytes(t *testing.T, sv *Server, a, b net.Conn) time.Duration {
	failed := make(chan error, 1)
	go func() {
		c, err := sv.Handshake(t.Context(), b)
		if err == nil {
			c.Read(make([]byte, 2))
			_, err = c.Write([]byte("x"))
		}
		failed <- err
	}()
	c := tls.Client(a, &tls.Config{InsecureSkipVerify: true})
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	c.Write([]byte("hi"))
	c.Read(make([]byte, 1))
	took := time.Since(began)
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	return took
}
