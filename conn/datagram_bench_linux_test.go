package conn

import (
	"fmt"
	"net"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// burst is how many datagrams wait in the socket when they are taken out, and
// how many one call of recvmmsg(2) or sendmmsg(2) moves at most.
const burst = 64

// BenchmarkDatagrams weighs a call for each datagram against recvmmsg(2) and
// sendmmsg(2), with nothing around them, to show why these are not used.
//
// recvmmsg spares a tenth of a microsecond of the three that a datagram takes
// from the socket to standard output, where each is a write of its own; one
// write for several, which gained more, would hide where they end. sendmmsg
// spares up to a quarter of the call for datagrams of 100 bytes, but there are
// never several to send: one read of standard input takes all that is there,
// and what it takes is one datagram. For the same reason there is nothing for
// UDP_SEGMENT to cut.
func BenchmarkDatagrams(b *testing.B) {
	for _, size := range []int{100, 1400, 16384} {
		for name, ways := range map[string]struct {
			send, receive func(*bulkSocket) int
			timed         int // 0: sending, 1: receiving
		}{
			"send":     {(*bulkSocket).sendEach, (*bulkSocket).receiveEach, 0},
			"sendmmsg": {(*bulkSocket).sendMany, (*bulkSocket).receiveEach, 0},
			"recv":     {(*bulkSocket).sendEach, (*bulkSocket).receiveEach, 1},
			"recvmmsg": {(*bulkSocket).sendEach, (*bulkSocket).receiveMany, 1},
		} {
			b.Run(fmt.Sprintf("%s-%d", name, size), func(b *testing.B) {
				in, out := bulkPair(b, size)
				var took [2]time.Duration
				for b.Loop() {
					begin := time.Now()
					sent := ways.send(out)
					between := time.Now()
					got := ways.receive(in)
					took[0] += between.Sub(begin)
					took[1] += time.Since(between)
					if sent != burst || got != burst {
						b.Fatalf("sent %d, received %d", sent, got)
					}
				}
				b.ReportMetric(float64(took[ways.timed].Nanoseconds())/float64(b.N*burst), "ns/datagram")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// A bulkSocket is a UDP socket with room for a burst.
type bulkSocket struct {
	fd   int
	each [][]byte
	many []mmsghdr
}

// An mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	unix.Msghdr
	n uint32
}

// bulkPair returns two sockets that are connected.
func bulkPair(b *testing.B, size int) (in, out *bulkSocket) {
	receiver, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	sender, err := net.DialUDP("udp4", nil, receiver.LocalAddr().(*net.UDPAddr))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { receiver.Close(); sender.Close() })
	receiver.SetReadBuffer(2 * burst * (size + 4096)) // and what the kernel keeps with each
	return newBulkSocket(b, receiver, 65536), newBulkSocket(b, sender, size)
}

func newBulkSocket(b *testing.B, c *net.UDPConn, size int) *bulkSocket {
	s := &bulkSocket{many: make([]mmsghdr, burst)}
	rc, err := c.SyscallConn()
	if err == nil {
		err = rc.Control(func(fd uintptr) { s.fd = int(fd) })
	}
	if err != nil {
		b.Fatal(err)
	}
	for i := range s.many {
		buf := make([]byte, size)
		s.each = append(s.each, buf)
		iov := &unix.Iovec{Base: &buf[0]}
		iov.SetLen(size)
		s.many[i].Iov = iov
		s.many[i].SetIovlen(1)
	}
	return s
}

func (s *bulkSocket) sendEach() (n int) {
	for n < burst && s.call(unix.SYS_WRITE, s.each[n]) {
		n++
	}
	return n
}

func (s *bulkSocket) receiveEach() (n int) {
	for n < burst && s.call(unix.SYS_READ, s.each[0]) {
		n++
	}
	return n
}

func (s *bulkSocket) call(trap uintptr, b []byte) bool {
	_, _, errno := unix.Syscall(trap, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return errno == 0
}

func (s *bulkSocket) sendMany() int    { return s.callMany(unix.SYS_SENDMMSG) }
func (s *bulkSocket) receiveMany() int { return s.callMany(unix.SYS_RECVMMSG) }

func (s *bulkSocket) callMany(trap uintptr) (n int) {
	for n < burst {
		k, _, errno := unix.Syscall6(trap, uintptr(s.fd), uintptr(unsafe.Pointer(&s.many[n])), uintptr(burst-n), 0, 0, 0)
		if errno != 0 {
			return n
		}
		n += int(k)
	}
	return n
}
