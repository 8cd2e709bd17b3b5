package relay

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// stallLimit is how long a session whose time is over waits for the remote's
// system to acknowledge something of what it was sent.
const stallLimit = 5 * time.Second

// blindLimit is how long to wait for the remote to end where nobody can tell
// what it has acknowledged.
const blindLimit = 2 * time.Second

// awaitFlushed returns nil once everything written to c has been acknowledged
// by the remote's system, or quit is set, or where nobody can tell; and an
// *UndeliveredError when it never will be, or when nothing is for limit. Zero
// is no limit but the system's, which knows a remote that is slow from one
// that is gone. It has no event for this, so it is asked, ever more seldom.
func awaitFlushed(c net.Conn, quit *atomic.Bool, limit time.Duration) error {
	left, known := unacked(c)
	moved := time.Now()
	for pause := time.Millisecond; known && left > 0 && !quit.Load(); pause = min(2*pause, 50*time.Millisecond) {
		time.Sleep(pause)
		// In this order: a connection that has ended well is gone as well,
		// once the last of it is acknowledged.
		was, dead := left, gone(c)
		left, known = unacked(c)
		switch {
		case left < was:
			moved = time.Now()
		case left > 0 && dead:
			return &UndeliveredError{Bytes: left, Err: syscall.ECONNRESET}
		case limit > 0 && time.Since(moved) > limit:
			return &UndeliveredError{Bytes: left}
		}
	}
	return nil
}

// settle makes c ready to be closed without loss, after a Pipe: it reads and
// drops what the remote still sends, so that no reset throws away what was
// sent to it, until that has been acknowledged. ended says that the remote
// has sent its last byte; limit is awaitFlushed's. Where it was too short the
// kernel goes on delivering after the close.
func settle(ctx context.Context, c net.Conn, ended bool, limit time.Duration) error {
	left, known := unacked(c)
	switch {
	case ended && left == 0:
		return nil
	case !known:
		return drain(ctx, c, blindLimit)
	}
	var quit atomic.Bool
	flushed := make(chan error, 1)
	c.SetDeadline(time.Time{})
	defer context.AfterFunc(ctx, func() { quit.Store(true); c.SetDeadline(past) })()
	go func() {
		err := awaitFlushed(c, &quit, limit)
		c.SetReadDeadline(time.Now().Add(time.Millisecond)) // what has come already
		flushed <- err
	}()
	_, err := io.Copy(io.Discard, struct{ io.Reader }{c})
	if reset := err != nil && !interrupted(err); !reset {
		return <-flushed
	}
	quit.Store(true)
	<-flushed
	if left, _ = unacked(c); left > 0 {
		return &UndeliveredError{Bytes: left, Err: err}
	}
	return nil
}

// drain reads and drops until the remote ends, limit has passed, or ctx is
// done.
func drain(ctx context.Context, c net.Conn, limit time.Duration) error {
	c.SetDeadline(time.Now().Add(limit))
	defer context.AfterFunc(ctx, func() { c.SetDeadline(past) })()
	io.Copy(io.Discard, struct{ io.Reader }{c})
	return nil
}
