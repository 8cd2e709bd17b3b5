package record

import "time"

// meterWindow is the number of samples over which a Meter measures the rate.
const meterWindow = 5

// A Meter makes progress figures from samples of a count of bytes.
type Meter struct {
	size    int64 // what there will be in all; 0: unknown
	began   time.Time
	samples [meterWindow]sample // a ring
	n       int                 // samples taken
}

type sample struct {
	at    time.Time
	bytes int64
}

// Progress is the state of a Meter at one moment.
type Progress struct {
	Bytes   int64
	Rate    float64       // bytes a second, of late
	Mean    float64       // bytes a second, in all
	Elapsed time.Duration // since the start
	Size    int64         // bytes there will be in all; 0: unknown
	Left    time.Duration // at Rate, until Size; 0: unknown
}

// NewMeter returns a Meter that began at a time when nothing had been counted.
// size is how many bytes there will be in all, or 0.
func NewMeter(began time.Time, size int64) *Meter {
	m := &Meter{size: size, began: began}
	m.add(sample{began, 0})
	return m
}

// Sample returns the progress at a time when n bytes had been counted. Its
// calls go forward in time.
func (m *Meter) Sample(at time.Time, n int64) Progress {
	oldest := m.samples[max(0, m.n-meterWindow)%meterWindow]
	m.add(sample{at, n})
	p := Progress{
		Bytes: n, Elapsed: at.Sub(m.began), Size: m.size,
		Rate: perSecond(n-oldest.bytes, at.Sub(oldest.at)),
		Mean: perSecond(n, at.Sub(m.began)),
	}
	if left := m.size - n; m.size > 0 && left > 0 && p.Rate > 0 {
		if s := float64(left) / p.Rate; s < float64(maxLeft/time.Second) {
			p.Left = time.Duration(s * float64(time.Second))
		}
	}
	return p
}

// maxLeft is the longest time left that is worth a figure.
const maxLeft = 1000 * time.Hour

// Percent returns how much of Size has been moved, 0 to 100, and whether Size
// is known.
func (p Progress) Percent() (percent int, known bool) {
	if p.Size <= 0 {
		return 0, false
	}
	return int(min(100, float64(p.Bytes)/float64(p.Size)*100)), true
}

func (m *Meter) add(s sample) {
	m.samples[m.n%meterWindow] = s
	m.n++
}

// perSecond returns n over d; 0 if no time has passed.
func perSecond(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
