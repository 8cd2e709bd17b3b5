package filter

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// ErrRate says that a text is no rate.
var ErrRate = errors.New("not a number of bytes a second, such as 500K, 2M or 1.5G")

// ParseRate returns the bytes a second that s says: a number above 0, after
// which K, M or G stand for powers of 1024, and /s may follow.
func ParseRate(s string) (int64, error) {
	number := strings.TrimSuffix(s, "/s")
	scale := 1.0
	if i := len(number) - 1; i > 0 {
		switch number[i] {
		case 'K', 'k':
			scale = 1 << 10
		case 'M', 'm':
			scale = 1 << 20
		case 'G', 'g':
			scale = 1 << 30
		}
		if scale != 1 {
			number = number[:i]
		}
	}
	if number == "" || strings.Trim(number, "0123456789.") != "" {
		return 0, ErrRate
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f*scale < 1 || f*scale > 1<<50 {
		return 0, ErrRate
	}
	return int64(f * scale), nil
}

// A pacer spreads bytes over time.
type pacer struct {
	rate float64   // bytes a second
	most int       // bytes at once; 0: any number, for datagrams
	free time.Time // when all that has passed is paid for
	quit <-chan struct{}
}

// burst is how much of the time that was not used counts, and about how long
// one wait is.
const burst = 50 * time.Millisecond

// Burst returns how many bytes pass at once where rate bytes a second do.
func Burst(rate int64) int { return max(1, int(float64(rate)*burst.Seconds())) }

// piece returns what of p may pass at once.
func (l *pacer) piece(p []byte) []byte {
	if l.most > 0 {
		p = p[:min(len(p), l.most)]
	}
	return p
}

// passed counts n bytes.
func (l *pacer) passed(n int) {
	if earliest := time.Now().Add(-burst); l.free.Before(earliest) {
		l.free = earliest
	}
	l.free = l.free.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
}

// wait waits until what has passed is paid for, and reports whether quit was
// not closed meanwhile.
func (l *pacer) wait() bool {
	select {
	case <-l.quit:
		return false
	default:
	}
	d := time.Until(l.free)
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.quit:
		return false
	}
}

// A limitReader gives at most so many bytes a second.
type limitReader struct {
	r io.Reader
	pacer
}

// LimitReader returns r with at most rate bytes a second read from it, and most
// at once; zero is any number, for datagrams, which are read whole. A wait ends
// with os.ErrDeadlineExceeded when quit is closed; it comes before a read, so that
// nothing which was read is held back.
func LimitReader(r io.Reader, rate int64, most int, quit <-chan struct{}) io.Reader {
	return &limitReader{r, pacer{rate: float64(rate), most: most, quit: quit}}
}

func (l *limitReader) Read(p []byte) (int, error) {
	if !l.wait() {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := l.r.Read(l.piece(p))
	l.passed(n)
	return n, err
}

// A limitWriter takes at most so many bytes a second.
type limitWriter struct {
	w io.Writer
	pacer
}

// LimitWriter does for writing to w what LimitReader does for reading.
func LimitWriter(w io.Writer, rate int64, most int, quit <-chan struct{}) io.Writer {
	return &limitWriter{w, pacer{rate: float64(rate), most: most, quit: quit}}
}

func (l *limitWriter) Write(p []byte) (written int, err error) {
	for more := true; more; more = len(p) > 0 {
		if !l.wait() {
			return written, os.ErrDeadlineExceeded
		}
		n, err := l.w.Write(l.piece(p))
		l.passed(n)
		written += n
		if err != nil {
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}
