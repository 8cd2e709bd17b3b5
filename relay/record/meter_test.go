package record

import (
	"testing"
	"time"
)

func TestMeter(t *testing.T) {
	began := time.Unix(1000, 0)
	at := func(s float64) time.Time { return began.Add(time.Duration(s * float64(time.Second))) }
	m := NewMeter(began, 10_000)
	p := m.Sample(at(1), 1000)
	if p.Rate != 1000 || p.Mean != 1000 || p.Left != 9*time.Second || p.Elapsed != time.Second {
		t.Errorf("after one second: %+v", p)
	}
	for s := 2.0; s <= 10; s++ { // it becomes slower
		p = m.Sample(at(s), 1000+int64(s-1)*100)
	}
	if p.Bytes != 1900 || p.Rate != 100 || p.Mean != 190 || p.Left != 81*time.Second {
		t.Errorf("after ten seconds: %+v", p)
	}
	if percent, known := p.Percent(); percent != 19 || !known {
		t.Errorf("%d %%, %v", percent, known)
	}
	for s := 11.0; s <= 20; s++ { // it stalls
		p = m.Sample(at(s), 1900)
	}
	if p.Rate != 0 || p.Left != 0 {
		t.Errorf("stalled: %+v", p)
	}
	p = m.Sample(at(21), 20_000) // the file has grown
	if percent, _ := p.Percent(); percent != 100 || p.Left != 0 {
		t.Errorf("past the end: %+v, %d %%", p, percent)
	}
}

// TestMeterOddTimes: no division by zero, no time left beyond all measure.
func TestMeterOddTimes(t *testing.T) {
	began := time.Unix(1000, 0)
	m := NewMeter(began, 1<<62)
	if p := m.Sample(began, 5); p.Rate != 0 || p.Mean != 0 || p.Left != 0 {
		t.Errorf("at once: %+v", p)
	}
	if p := m.Sample(began.Add(time.Second), 6); p.Left != 0 {
		t.Errorf("an age left: %+v", p)
	}
	p := NewMeter(began, 0).Sample(began.Add(time.Second), 6)
	if _, known := p.Percent(); known || p.Left != 0 {
		t.Errorf("unknown size: %+v", p)
	}
}
