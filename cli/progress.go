package cli

import (
	"io"
	"os"
	"sync"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/relay"
	"gonc/relay/record"
)

// How often progress is shown: the line of a terminal, and lines.
const (
	redrawEvery = 500 * time.Millisecond
	printEvery  = time.Second
)

// A progressMeter shows how far a relay has come.
type progressMeter struct {
	o      *invocation
	gauge  *relay.Gauge
	meter  *record.Meter
	redraw bool
	sized  bool // the size of what is sent is known, so progress is measured by it
}

// progress shows how far g has come until stop is called. Where there is no
// terminal it is to be asked for.
func (o *invocation) progress(g *relay.Gauge) (stop func()) {
	redraw := isTerminal(os.Stderr) && !o.Has(option.JSON) && !o.ProgressPlain
	if !redraw && !o.ProgressPlain {
		return nothing
	}
	size := o.stdinSize()
	m := &progressMeter{o, g, record.NewMeter(time.Now(), size), redraw, size > 0}
	return m.start()
}

// stdinSize returns how much of a file is left on standard input, if that is
// what will be sent; else 0.
func (o *invocation) stdinSize() int64 {
	if !o.readsStdin() || o.Has(option.CRLF) {
		return 0
	}
	info, err := os.Stdin.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	at, err := os.Stdin.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return max(0, info.Size()-at)
}

// start shows progress until stop is called, and then how it ended.
func (m *progressMeter) start() (stop func()) {
	every := printEvery
	if m.redraw {
		every = redrawEvery
	}
	over := make(chan struct{})
	var loop sync.WaitGroup
	loop.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.show(false)
			case <-over:
				return
			}
		}
	})
	return func() {
		close(over)
		loop.Wait()
		m.show(true)
	}
}

func (m *progressMeter) show(done bool) {
	n, received := m.gauge.Moved()
	if !m.sized {
		n += received
	}
	m.o.out.Print(event.Progress{Progress: m.meter.Sample(time.Now(), n), Done: done, Redraw: m.redraw})
}
