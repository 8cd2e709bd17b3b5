package relay

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
)

// Data that comes between a splice that finds none and the question whether
// there is any is not taken for a full pipe.
func TestSpliceTrickle(t *testing.T) {
	checkLeaks(t)
	here, there := tcpPair(t)
	const pieces, size = 20_000, 100
	go func() {
		piece := make([]byte, size)
		for i := range pieces {
			there.Write(piece)
			for range i % 3000 { // a gap, of a length that varies
			}
		}
		there.Close()
	}()
	file := tempFile(t, 0)
	f := flow{from: Conn(here), to: End{W: file}, watch: new(watchdog)}
	here.SetReadDeadline(time.Now().Add(patience))
	if handled, rerr, werr := f.zeroCopy(); !handled || rerr != nil || werr != nil {
		t.Fatalf("handled %v, read %v, write %v", handled, rerr, werr)
	}
	if n := f.moved.Load(); n != pieces*size {
		t.Errorf("moved %d bytes of %d", n, pieces*size)
	}
}

// A file that takes no splice gets what had been taken out of the socket by
// then, and the rest is left to the plain way; if it can't be written that is
// the error.
func TestSpliceRefused(t *testing.T) {
	checkLeaks(t)
	here, there := tcpPair(t)
	const n = 100_000
	sent := peering(there, n, 0)
	full := must(os.OpenFile("/dev/full", os.O_WRONLY, 0))
	defer full.Close()
	f := flow{from: Conn(here), to: End{W: full}, watch: new(watchdog)}
	handled, rerr, werr := f.zeroCopy()
	if !handled || rerr != nil || !errors.Is(werr, syscall.ENOSPC) {
		t.Errorf("handled %v, read %v, write %v", handled, rerr, werr)
	}
	if f.moved.Load() != 0 || f.stuck == 0 {
		t.Errorf("moved %d, stuck %d", f.moved.Load(), f.stuck)
	}
	here.Close()
	await(t, sent, "the sender")
}
