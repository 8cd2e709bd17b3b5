//go:build unix

package stdfile

import (
	"errors"
	"net"
	"os"
	"testing"

	"gonc/internal/testutil"

	"golang.org/x/sys/unix"
)

// packetSocket returns a socket that is standard input or output of a program,
// and its peer.
func packetSocket(t *testing.T, kind int) (f *os.File, c net.Conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, kind, 0)
	if err != nil {
		t.Skipf("no such sockets here: %v", err)
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	unix.SetNonblock(fds[1], true)
	theirs := os.NewFile(uintptr(fds[1]), "peer")
	defer theirs.Close()
	c, err = net.FileConn(theirs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	f = os.NewFile(uintptr(fds[0]), "socket")
	t.Cleanup(func() { f.Close() })
	return f, c
}

// What is one datagram for a socket on standard input or output stays one.
func TestSocketDatagrams(t *testing.T) {
	for name, kind := range map[string]int{"dgram": unix.SOCK_DGRAM, "seqpacket": unix.SOCK_SEQPACKET} {
		t.Run(name, func(t *testing.T) {
			testutil.CheckLeaks(t)
			f, c := packetSocket(t, kind)
			in, out := OpenInput(f), OpenOutput(f)
			defer in.Release()
			defer out.Release()
			buf := make([]byte, 1<<16)
			for _, n := range []int64{1, 512, 513, 1400, 60000} {
				out.Write(make([]byte, n))
				if k, err := c.Read(buf); int64(k) != n || err != nil {
					t.Fatalf("of %d bytes written there came %d, %v", n, k, err)
				}
				c.Write(make([]byte, n))
				if k, err := in.Read(buf); int64(k) != n || err != nil {
					t.Errorf("of %d bytes given there were read %d, %v", n, k, err)
				}
			}
		})
	}
}

// A read of a stream may be more than a datagram holds.
func TestSocketTooLong(t *testing.T) {
	testutil.CheckLeaks(t)
	there, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	there.SetReadBuffer(1 << 20)
	here, err := net.DialUDP("udp4", nil, there.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	f, err := here.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := OpenOutput(f)
	defer out.Release()
	if n, err := out.Write(make([]byte, 1<<16)); n != 1<<16 || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	buf := make([]byte, 1<<16)
	for _, n := range []int{maxPayload, 1<<16 - maxPayload} {
		if k, err := there.Read(buf); k != n || err != nil {
			t.Errorf("a datagram of %d, %v; want %d", k, err, n)
		}
	}
}

// Several readers have one socket, and what poll promises to all only one
// gets; the others can still be interrupted.
func TestSocketEmptied(t *testing.T) {
	testutil.CheckLeaks(t)
	f, c := packetSocket(t, unix.SOCK_STREAM)
	got := make(chan struct{})
	var ends []*Input
	var reads []<-chan error
	for range 8 {
		e := OpenInput(f)
		defer e.Release()
		ends = append(ends, e)
		reads = append(reads, testutil.Background(func() error {
			for {
				if _, err := e.Read(make([]byte, 1)); err != nil {
					return err
				}
				got <- struct{}{}
			}
		}))
	}
	for range 1000 {
		c.Write([]byte("x"))
		testutil.Await(t, got, "the byte")
	}
	for i, e := range ends {
		e.Interrupt()
		if err := testutil.Await(t, reads[i], "the interrupt"); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("interrupted: %v", err)
		}
	}
}
