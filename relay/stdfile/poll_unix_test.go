//go:build unix

package relay

import (
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// packetSocket is a socket that is somebody's standard input or output and
// keeps the boundaries of what is written to it.
func packetSocket(t *testing.T, kind int) (f *os.File, c net.Conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, kind, 0)
	if err != nil {
		t.Skipf("no such sockets here: %v", err)
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	theirs := tests(t, fds[1])
	defer theirs.Close()
	c = must(net.FileConn(theirs))
	t.Cleanup(func() { c.Close() })
	return callers(t, fds[0]), c
}

// What is one datagram for a socket on standard input or output stays one.
func TestSocketDatagrams(t *testing.T) {
	for name, kind := range map[string]int{"dgram": unix.SOCK_DGRAM, "seqpacket": unix.SOCK_SEQPACKET} {
		t.Run(name, func(t *testing.T) {
			checkLeaks(t)
			f, c := packetSocket(t, kind)
			e := files(t, f, f)
			buf := make([]byte, bufferSize)
			for _, n := range []int64{1, 512, 513, 1400, 60000} {
				must(e.W.Write(bytesOf(n)))
				if k, err := c.Read(buf); int64(k) != n || err != nil {
					t.Fatalf("of %d bytes written there came %d, %v", n, k, err)
				}
				must(c.Write(bytesOf(n)))
				if k, err := e.R.Read(buf); int64(k) != n || err != nil {
					t.Errorf("of %d bytes given there were read %d, %v", n, k, err)
				}
			}
		})
	}
}

// A read of a stream may be more than a datagram holds.
func TestSocketTooLong(t *testing.T) {
	checkLeaks(t)
	here, there := connected(t, "udp")
	f := must(here.(*net.UDPConn).File())
	defer f.Close()
	e := files(t, nil, f)
	if n, err := e.W.Write(bytesOf(bufferSize)); n != bufferSize || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	buf := make([]byte, bufferSize)
	for _, n := range []int{MaxPayload, bufferSize - MaxPayload} {
		if k, err := there.Read(buf); k != n || err != nil {
			t.Errorf("a datagram of %d, %v; want %d", k, err, n)
		}
	}
}

// Several readers have one socket, and what poll promises to all only one
// gets; the others can still be interrupted.
func TestSocketEmptied(t *testing.T) {
	checkLeaks(t)
	f, c := stdioSocket(t)
	got := make(chan struct{})
	var ends []End
	var reads []<-chan error
	for range 8 {
		e := files(t, f, nil)
		ends = append(ends, e)
		reads = append(reads, inBackground(func() error {
			for {
				if _, err := e.R.Read(make([]byte, 1)); err != nil {
					return err
				}
				got <- struct{}{}
			}
		}))
	}
	for range 1000 {
		must(c.Write([]byte("x")))
		await(t, got, "the byte")
	}
	for i, e := range ends {
		e.interrupt()
		if err := await(t, reads[i], "the interrupt"); !interrupted(err) {
			t.Errorf("interrupted: %v", err)
		}
	}
}
