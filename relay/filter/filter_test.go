package filter

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// cut gives b in pieces whose lengths are those of cuts, again and again.
type cut struct {
	b    []byte
	cuts []byte
	i    int
	last error // with the last piece; nil: io.EOF after it
}

func (c *cut) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := len(c.b)
	if len(c.cuts) > 0 {
		n = min(n, int(c.cuts[c.i%len(c.cuts)]))
		c.i++
	}
	n = copy(p, c.b[:n])
	c.b = c.b[n:]
	if len(c.b) == 0 {
		return n, c.last
	}
	return n, nil
}

// withCRLF converts b as CRLF does, in the simplest way.
func withCRLF(b []byte) []byte {
	lone := bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(lone, []byte("\n"), []byte("\r\n"))
}

func FuzzCRLF(f *testing.F) {
	for _, s := range []string{"", "\n", "\r\n", "\r", "a\nb\r\nc\rd\n\n", "\r\r\n\n\r"} {
		f.Add([]byte(s), []byte{1}, uint8(1), true)
		f.Add([]byte(s), []byte{2, 0, 1}, uint8(200), false)
	}
	f.Fuzz(func(t *testing.T, b, cuts []byte, room uint8, dataErr bool) {
		in := &cut{b: b, cuts: append(bytes.Clone(cuts), 1)}
		if dataErr {
			in.last = io.EOF
		}
		got, err := readAll(CRLF(in), int(room)+1)
		if err != nil || !bytes.Equal(got, withCRLF(b)) {
			t.Errorf("%q became %q, %v; want %q", b, got, err, withCRLF(b))
		}
	})
}

// readAll reads with a buffer of room bytes; too many empty reads are an
// error.
func readAll(r io.Reader, room int) (all []byte, err error) {
	buf := make([]byte, room)
	for empty := 0; ; {
		n, err := r.Read(buf)
		all = append(all, buf[:n]...)
		switch {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return all, err
		case n > 0:
			empty = 0
		case empty > 1000:
			return all, io.ErrNoProgress
		default:
			empty++
		}
	}
}

// An error after some data comes after that data.
func TestCRLFError(t *testing.T) {
	broken := errors.New("broken")
	r := CRLF(&cut{b: []byte("a\nb"), last: broken})
	if b, err := readAll(r, 2); err != broken || string(b) != "a\r\nb" {
		t.Errorf("got %q, %v", b, err)
	}
}

// A read that is all LF still fits one datagram.
func TestCRLFDatagram(t *testing.T) {
	r := CRLF(strings.NewReader(strings.Repeat("\n", 1<<20)))
	buf := make([]byte, maxDatagram)
	n, err := r.Read(buf)
	if err != nil || n%2 != 0 || n < maxDatagram-2 {
		t.Errorf("read %d, %v", n, err)
	}
	if left := r.(*crlf).left; len(left) > 0 {
		t.Errorf("%d bytes are left for another datagram", len(left))
	}
}

func FuzzInterval(f *testing.F) {
	for _, s := range []string{"", "\n", "one\ntwo\n", "one\ntwo", "\n\n\n"} {
		f.Add([]byte(s), []byte{1}, uint8(0), true)
		f.Add([]byte(s), []byte{3, 0}, uint8(7), false)
	}
	f.Fuzz(func(t *testing.T, b, cuts []byte, room uint8, dataErr bool) {
		in := &cut{b: b, cuts: append(bytes.Clone(cuts), 1)}
		if dataErr {
			in.last = io.EOF
		}
		r := Interval(in, time.Nanosecond, nil)
		got, err := readAll(&linesOnly{t, r}, int(room)+1)
		if err != nil || !bytes.Equal(got, b) {
			t.Errorf("%q became %q, %v", b, got, err)
		}
	})
}

// linesOnly fails t if a read holds more than one line.
type linesOnly struct {
	t *testing.T
	r io.Reader
}

func (l *linesOnly) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if i := bytes.IndexByte(p[:n], '\n'); i >= 0 && i < n-1 {
		l.t.Errorf("a read of %q", p[:n])
	}
	return n, err
}

// There is a pause after each line but the last, and none within a line.
func TestInterval(t *testing.T) {
	for _, c := range []struct {
		in     string
		pauses int
	}{{"", 0}, {"one", 0}, {"one\n", 0}, {"one\ntwo\nthree\n", 2}, {"one\ntwo", 1}, {"\n\n", 1}} {
		for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				b, err := io.ReadAll(Interval(wrap(strings.NewReader(c.in)), time.Minute, nil))
				if err != nil || string(b) != c.in {
					t.Errorf("%q became %q, %v", c.in, b, err)
				}
				if took := time.Since(begin); took != time.Duration(c.pauses)*time.Minute {
					t.Errorf("%q took %v", c.in, took)
				}
			})
		}
	}
}

func FuzzLimitReads(f *testing.F) {
	f.Add([]byte("hello"), []byte{1}, uint8(3))
	f.Add([]byte("hello"), []byte{0, 2}, uint8(200))
	f.Fuzz(func(t *testing.T, b, cuts []byte, n uint8) {
		pieces := func() *cut { return &cut{b: b, cuts: append(bytes.Clone(cuts), 1)} }
		var want []byte
		buf := make([]byte, 300)
		for i, r := 0, pieces(); i < int(n); i++ {
			k, _ := r.Read(buf)
			want = append(want, buf[:k]...)
		}
		got, err := readAll(LimitReads(pieces(), int(n)), len(buf))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d reads gave %q, %v; want %q", n, got, err, want)
		}
	})
}

func TestLimitReads(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 3, 100} {
		r := LimitReads(iotest.OneByteReader(strings.NewReader("hello")), n)
		want := "hello"[:max(0, min(n, 5))]
		if b, err := io.ReadAll(r); err != nil || string(b) != want {
			t.Errorf("%d reads gave %q, %v", n, b, err)
		}
		if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("after the end: %d, %v", n, err)
		}
	}
}
