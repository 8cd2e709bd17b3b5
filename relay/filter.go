package relay

import (
	"bytes"
	"io"
	"os"
	"sync"
	"time"

	"gonc/relay/record"
)

// CRLF returns e with every LF that its R gives changed to CR LF. A CR that is
// there already, also at the end of an earlier read, is not doubled.
func CRLF(e End) End {
	if e.R != nil {
		e.R = &crlf{r: e.R}
	}
	return e
}

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
		c.buf = make([]byte, maxPayload/2, maxPayload/2+maxPayload)
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

// Interval returns e with its R giving at most one line at a time, and a
// pause of d after each line before the next byte.
func Interval(e End, d time.Duration) End {
	if e.R == nil || d <= 0 {
		return e
	}
	l := &lines{r: e.R, pause: d, quit: make(chan struct{}), buf: make([]byte, maxPayload)}
	e.R = l
	e.src.interrupt = closing(l.quit, e.src.interrupt)
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

type lines struct {
	r     io.Reader
	pause time.Duration
	quit  chan struct{}
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
			return 0, &UndeliveredError{Bytes: int64(len(l.left)), Err: os.ErrDeadlineExceeded}
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

// LimitRate returns e with at most rate bytes a second read and as many
// written.
func LimitRate(e End, rate int64) End {
	stopReading, stopWriting := make(chan struct{}), make(chan struct{})
	read, write := record.Limit, record.LimitWriter
	e.dst.most = record.Burst(rate)
	if e.Datagram {
		e.dst.most = 0
		read, write = record.LimitDatagrams, record.LimitDatagramWriter
	}
	if e.R != nil {
		e.R = read(e.R, rate, stopReading)
		e.src.interrupt = closing(stopReading, e.src.interrupt)
	}
	if e.W != nil {
		e.W = write(e.W, rate, stopWriting)
		e.dst.interrupt = closing(stopWriting, e.dst.interrupt)
	}
	return e
}

// LimitReads returns e with its R ending after n reads, for a datagram
// connection after n datagrams.
func LimitReads(e End, n int) End {
	if e.R != nil {
		e.R = &limitReads{e.R, n}
	}
	return e
}

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
