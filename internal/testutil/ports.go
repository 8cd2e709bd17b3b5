package testutil

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// The ports that tests choose themselves, in bands. They are below those that
// the system gives to clients (32768 and above on Linux, 49152 elsewhere).
const (
	firstBand = 14000
	lastBand  = 31000
	bandSize  = 1000
	mostBands = 4 // of one process: others may run at the same time
)

// own are the ports of this process.
var own struct {
	sync.Mutex
	band  int            // in use; 0: none
	next  int            // the port to try next
	bands []int          // that were claimed
	locks []net.Listener // on the first port of each of them
	again int            // how often one of them was used again
}

// FreePort returns a TCP and UDP port that nothing has: neither a program, nor
// another test, nor one of the packages that are tested at the same time.
func FreePort(t testing.TB) string {
	t.Helper()
	own.Lock()
	defer own.Unlock()
	return strconv.Itoa(freeRow(t, 1))
}

// FreePorts returns five such ports in a row.
func FreePorts(t testing.TB) (ports [5]int) {
	t.Helper()
	own.Lock()
	defer own.Unlock()
	first := freeRow(t, len(ports))
	for i := range ports {
		ports[i] = first + i
	}
	return ports
}

// freeRow returns the first of n free ports in a row. None is given out twice
// while there are others, so that what a test before left on a port disturbs no
// other one.
func freeRow(t testing.TB, n int) int {
	t.Helper()
	row := 0
	for row < n {
		if own.band == 0 || own.next == own.band+bandSize {
			claimBand(t)
			row = 0
		}
		if row++; !isFree(own.next) {
			row = 0
		}
		own.next++
	}
	return own.next - n
}

// claimBand takes a band that no other process has. The listener on its first
// port, which is kept until this process ends, tells the others. When it has
// enough, or none is left, it uses one of its own again.
func claimBand(t testing.TB) {
	t.Helper()
	for band := firstBand; band <= lastBand && len(own.bands) < mostBands; band += bandSize {
		lock, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(band)))
		if err == nil {
			own.band, own.next = band, band+1
			own.bands, own.locks = append(own.bands, band), append(own.locks, lock)
			return
		}
	}
	if len(own.bands) == 0 {
		t.Fatal("no band of ports is left")
	}
	own.band = own.bands[own.again%len(own.bands)]
	own.next = own.band + 1
	own.again++
}

// claimed returns how many bands this process has.
func claimed() int {
	own.Lock()
	defer own.Unlock()
	return len(own.locks)
}

var services = sync.OnceValue(func() string {
	b, _ := os.ReadFile("/etc/services")
	return string(b)
})

// isFree reports whether nothing has a port, which has no name either: programs
// would print that.
func isFree(port int) bool {
	at := ":" + strconv.Itoa(port)
	if strings.Contains(services(), at[1:]+"/") {
		return false
	}
	lc := net.ListenConfig{Control: alone}
	ln, err := lc.Listen(context.Background(), "tcp", at)
	if err != nil {
		return false
	}
	ln.Close()
	pc, err := net.ListenPacket("udp", at)
	if err != nil {
		return false
	}
	pc.Close()
	// A child inherits both and keeps them until its exec. The lock is held for
	// writing until then, so taking it waits for every such child.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return true
}
