package relay

import (
	"sync"
	"time"

	"gonc/relay/filter"
)

// Interval returns e with its R giving at most one line at a time, and a
// pause of d after each line before the next byte.
func Interval(e End, d time.Duration) End {
	if e.R == nil || d <= 0 {
		return e
	}
	quit := make(chan struct{})
	e.R = filter.Interval(e.R, d, quit)
	e.src.interrupt = closing(quit, e.src.interrupt)
	return e
}

// LimitRate returns e with at most rate bytes a second read and as many
// written.
func LimitRate(e End, rate int64) End {
	stopReading, stopWriting := make(chan struct{}), make(chan struct{})
	if e.dst.most = filter.Burst(rate); e.Datagram {
		e.dst.most = 0
	}
	if e.R != nil {
		e.R = filter.LimitReader(e.R, rate, e.dst.most, stopReading)
		e.src.interrupt = closing(stopReading, e.src.interrupt)
	}
	if e.W != nil {
		e.W = filter.LimitWriter(e.W, rate, e.dst.most, stopWriting)
		e.dst.interrupt = closing(stopWriting, e.dst.interrupt)
	}
	return e
}

// Telnet returns e with the negotiation of telnet taken out of what its R
// gives, and every offer and demand in it refused, by e's W.
func Telnet(e End) End {
	if e.R == nil {
		return e
	}
	below := e
	t := filter.Telnet(e.R, e.W, below.interrupt)
	e.R = t
	e.release = func() {
		t.Finish()
		if below.release != nil {
			below.release()
		}
	}
	return e
}

// closing returns an interrupt that closes quit, once, and then does what
// interrupt does, if there is one.
func closing(quit chan struct{}, interrupt func()) func() {
	stop := sync.OnceFunc(func() { close(quit) })
	return func() {
		stop()
		if interrupt != nil {
			interrupt()
		}
	}
}
