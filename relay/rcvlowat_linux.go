package relay

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// gatherSize is how many bytes a connection that streams gathers before
	// it wakes its reader. More gave no more speed; the receive buffer grows
	// to hold it.
	gatherSize = 512 << 10

	// gatherWait is how long the last bytes before a pause may be held back
	// by that. Shorter than a millisecond the runtime's poller cannot wait.
	gatherWait = time.Millisecond

	// fillWait is how long a pipe that streams is left to fill. In that time
	// it takes less than it holds, at the speed of memory.
	fillWait = 150 * time.Microsecond

	// gatherLast is what due grows to for a connection that never pays.
	gatherLast = 1 << 30
)

// gatherFirst is how much has to come for a flow to be taken for a stream.
// Variable for the tests.
var gatherFirst int64 = 8 << 20

// A gatherer spares the reader of a TCP connection that streams a wake-up for
// every segment, which took up to a quarter of the sender's time on loopback:
// SO_RCVLOWAT (socket(7); obeyed by poll since Linux 2.6.28) makes the kernel
// wait for gatherSize bytes. An end or a reset wakes at once. When the stream
// pauses, what is there is had after gatherWait, and gathering is over until
// more has come; a connection of short bursts has to bring ever more.
//
// The zero gatherer does nothing.
type gatherer struct {
	conn *net.TCPConn
	fd   int
	on   bool
	came int64 // since on last changed
	due  int64 // how much has to come for on to be set
}

// newGatherer returns a gatherer for what src is a descriptor of.
func newGatherer(from any, src desc) gatherer {
	c, ok := from.(*net.TCPConn)
	if !ok {
		return gatherer{}
	}
	return gatherer{conn: c, fd: src.fd, due: gatherFirst}
}

// arm is called before a wait for the connection.
func (g *gatherer) arm() {
	if g.conn == nil {
		return
	}
	if !g.on && g.came >= g.due {
		g.on, g.came = unix.SetsockoptInt(g.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, gatherSize) == nil, 0
	}
	if g.on {
		g.conn.SetReadDeadline(time.Now().Add(gatherWait))
	}
}

// stop has the reader woken for every byte again, and lifts the deadline.
func (g *gatherer) stop() {
	if !g.on {
		return
	}
	unix.SetsockoptInt(g.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 1)
	g.conn.SetReadDeadline(time.Time{})
	if g.came < g.due {
		g.due = min(2*g.due, gatherLast)
	} else {
		g.due = gatherFirst
	}
	g.on, g.came = false, 0
}

// fills reports whether src is a pipe that may be left to fill: one so large
// that its writer is not kept waiting by that.
func fills(src *desc) bool {
	if src.kind != descPipe {
		return false
	}
	size, err := unix.FcntlInt(uintptr(src.fd), unix.F_GETPIPE_SZ, 0)
	return err == nil && size >= 2*gatherSize
}

// letFill waits a moment if a pipe that streams holds less than gatherSize: its
// reader is spared a wake-up for every write, and its writer the processor
// that the reader would take. The runtime's timers are too coarse for that.
func letFill(fd int) {
	if n, err := unix.IoctlGetInt(fd, unix.TIOCINQ); err == nil && n < gatherSize {
		rawSleep(fillWait)
	}
}
