// Package filter changes, delays and bounds what passes a reader or a writer on
// its way through a relay. What can wait takes a channel whose close interrupts it
// with os.ErrDeadlineExceeded.
package filter

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"time"
)

// maxDatagram is the largest payload of an IPv4 datagram, in bytes, so that no
// filter cuts one.
const maxDatagram = 65507

// CRLF returns r with every LF changed to CR LF. A CR that is there already, also
// at the end of an earlier read, is not doubled.
func CRLF(r io.Reader) io.Reader { return &crlf{r: r} }

type crlf struct {
	r    io.Reader
	cr   bool // the last byte given was a CR
	buf  []byte
	left []byte // expanded and not yet given
	err  error  // that came with left
}

// Read gives all that one read of the source became, if p has room for it.
func (c *crlf) Read(p []byte) (int, error) {
	if len(c.left) == 0 && c.err == nil {
		c.fill()
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	if len(c.left) > 0 {
		return n, nil
	}
	err := c.err
	c.err = nil
	return n, err
}

func (c *crlf) fill() {
	if c.buf == nil {
		// Half a datagram, so that a read which is all LF still fits one.
		c.buf = make([]byte, maxDatagram/2, maxDatagram/2+maxDatagram)
	}
	var n int
	n, c.err = c.r.Read(c.buf)
	c.left = c.buf[len(c.buf):]
	for _, b := range c.buf[:n] {
		if b == '\n' && !c.cr {
			c.left = append(c.left, '\r')
		}
		c.left = append(c.left, b)
		c.cr = b == '\r'
	}
}

// Interval returns r giving at most one line at a time, and a pause after each
// line before the next byte. A pause ends with a *HeldError when quit is closed.
func Interval(r io.Reader, pause time.Duration, quit <-chan struct{}) io.Reader {
	return &lines{r: r, pause: pause, quit: quit, buf: make([]byte, maxDatagram)}
}

// A HeldError says that reading was interrupted while bytes were held back. It is
// an os.ErrDeadlineExceeded.
type HeldError struct{ Bytes int64 }

func (e *HeldError) Error() string {
	return strconv.FormatInt(e.Bytes, 10) + " bytes were held back: " + e.Unwrap().Error()
}

// Unwrap returns os.ErrDeadlineExceeded.
func (e *HeldError) Unwrap() error { return os.ErrDeadlineExceeded }

type lines struct {
	r     io.Reader
	pause time.Duration
	quit  <-chan struct{}
	ended bool // the last byte given was a LF
	buf   []byte
	left  []byte
	err   error
}

func (l *lines) Read(p []byte) (int, error) {
	if len(l.left) == 0 && l.err == nil {
		var n int
		n, l.err = l.r.Read(l.buf)
		l.left = l.buf[:n]
	}
	if len(l.left) == 0 {
		err := l.err
		l.err = nil
		return 0, err
	}
	if l.ended {
		l.ended = false
		select {
		case <-time.After(l.pause):
		case <-l.quit:
			return 0, &HeldError{int64(len(l.left))}
		}
	}
	line := l.left
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i+1]
	}
	n := copy(p, line)
	l.left = l.left[n:]
	l.ended = n > 0 && p[n-1] == '\n'
	return n, nil
}

// LimitReads returns r ending after n reads, of datagrams after n datagrams.
func LimitReads(r io.Reader, n int) io.Reader { return &limitReads{r, n} }

type limitReads struct {
	r    io.Reader
	left int
}

func (l *limitReads) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, io.EOF
	}
	l.left--
	return l.r.Read(p)
}
