package filter

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestParseRate(t *testing.T) {
	for _, c := range []struct {
		s    string
		want int64
	}{
		{"1", 1}, {"1/s", 1}, {"1500", 1500}, {"10K", 10 << 10}, {"10k/s", 10 << 10},
		{"2M", 2 << 20}, {"1.5G", 3 << 29}, {"0.5K", 512}, {"1M/s", 1 << 20},
	} {
		if got, err := ParseRate(c.s); got != c.want || err != nil {
			t.Errorf("ParseRate(%q) = %d, %v, want %d", c.s, got, err, c.want)
		}
	}
	for _, s := range []string{"", "0", "-1", "10X", "K", "/s", "1e3", "0x10", "NaN", "Inf", "1KK", "1K/s/s",
		"1 K", "+1", "0.1", "99999999999999999999G", "1.2.3", ".", "1_000", "K/s", "10Kb", " 1"} {
		if got, err := ParseRate(s); !errors.Is(err, ErrRate) {
			t.Errorf("ParseRate(%q) = %d, %v", s, got, err)
		}
	}
}

// TestLimit: the time that a stream takes is its size over the rate, give or
// take one burst, and never is a second above the rate.
func TestLimit(t *testing.T) {
	for _, c := range []struct {
		size int
		rate int64
	}{{10 << 20, 1 << 20}, {10, 1}, {3000, 1000}, {100 << 20, 1 << 30}} {
		synctest.Test(t, func(t *testing.T) {
			r := LimitReader(bytes.NewReader(make([]byte, c.size)), c.rate, Burst(c.rate), nil)
			began := time.Now()
			buf := make([]byte, 64<<10)
			total := 0
			for {
				n, err := r.Read(buf)
				total += n
				if most := (time.Since(began)+burst).Seconds()*float64(c.rate) + burst.Seconds()*float64(c.rate) + 1; float64(total) > most {
					t.Fatalf("%d bytes after %v at %d a second", total, time.Since(began), c.rate)
				}
				if err == io.EOF {
					break
				}
			}
			want := time.Duration(float64(c.size) / float64(c.rate) * float64(time.Second))
			if took := time.Since(began); total != c.size || took < want-2*burst || took > want+time.Second/100 {
				t.Errorf("%d bytes at %d a second took %v, want %v", total, c.rate, took, want)
			}
		})
	}
}

// TestLimitDoesNotSaveUp: a pause buys no more than a burst.
func TestLimitDoesNotSaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := LimitReader(bytes.NewReader(make([]byte, 1000)), 100, Burst(100), nil)
		r.Read(make([]byte, 1))
		time.Sleep(time.Hour)
		began := time.Now()
		if n, err := io.ReadFull(r, make([]byte, 200)); n != 200 || err != nil {
			t.Fatal(n, err)
		}
		if took := time.Since(began); took < 1800*time.Millisecond {
			t.Errorf("200 bytes at 100 a second took %v", took)
		}
	})
}

// TestLimitDatagrams: they are read whole, and paid for afterwards.
func TestLimitDatagrams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := LimitReader(bytes.NewReader(make([]byte, 4000)), 1000, 0, nil)
		began := time.Now()
		for range 2 {
			if n, err := r.Read(make([]byte, 2000)); n != 2000 || err != nil {
				t.Fatal(n, err)
			}
		}
		if took := time.Since(began); took < 1900*time.Millisecond || took > 2*time.Second {
			t.Errorf("the second came after %v", took)
		}
	})
}

// TestLimitQuit: a wait is over at once, and nothing was read that is lost.
func TestLimitQuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quit := make(chan struct{})
		from := bytes.NewReader(make([]byte, 10))
		r := LimitReader(from, 1, Burst(1), quit)
		r.Read(make([]byte, 10))
		began := time.Now()
		time.AfterFunc(time.Millisecond, func() { close(quit) })
		n, err := r.Read(make([]byte, 10))
		if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Millisecond || from.Len() != 9 {
			t.Errorf("%d, %v after %v, %d bytes left", n, err, time.Since(began), from.Len())
		}
		if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("afterwards: %d, %v", n, err)
		}
	})
}

// TestLimitWriter: the same for what is written, which arrives whole.
func TestLimitWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got bytes.Buffer
		w := LimitWriter(&got, 1000, Burst(1000), nil)
		began := time.Now()
		data := bytes.Repeat([]byte("0123456789"), 300)
		if n, err := w.Write(data); n != len(data) || err != nil || !bytes.Equal(got.Bytes(), data) {
			t.Errorf("%d, %v", n, err)
		}
		if took := time.Since(began); took < 2900*time.Millisecond || took > 3*time.Second {
			t.Errorf("3000 bytes at 1000 a second took %v", took)
		}
	})
}

// TestLimitWriterQuit: what was written before is said.
func TestLimitWriterQuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got bytes.Buffer
		quit := make(chan struct{})
		w := LimitWriter(&got, 100, Burst(100), quit)
		time.AfterFunc(time.Second, func() { close(quit) })
		n, err := w.Write(make([]byte, 1000))
		if n != got.Len() || n < 95 || n > 110 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d, %v, %d arrived", n, err, got.Len())
		}
	})
}

// TestLimitDatagramWriter: an empty one is one, and none is cut.
func TestLimitDatagramWriter(t *testing.T) {
	var sizes []int
	w := LimitWriter(writerFunc(func(p []byte) (int, error) {
		sizes = append(sizes, len(p))
		return len(p), nil
	}), 1<<30, 0, nil)
	for _, n := range []int{0, 60000, 1} {
		w.Write(make([]byte, n))
	}
	if len(sizes) != 3 || sizes[0] != 0 || sizes[1] != 60000 || sizes[2] != 1 {
		t.Errorf("%v", sizes)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
