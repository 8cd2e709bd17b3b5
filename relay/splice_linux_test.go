package relay

import (
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
