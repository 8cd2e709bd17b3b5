package conn

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"gonc/conn/addr"
)

// The pauses between tries to connect double up to a second. A try that gets
// no answer makes room for the next one: a host that has just started would
// wait for the system's next SYN, which may be a minute away.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = time.Second
	tryLimit   = 5 * time.Second
)

// dialAgain is dial until it succeeds, fails for good, or Retry is over. The
// error is that of the last try that was not cut short.
func (d *Dialer) dialAgain(ctx context.Context, a addr.Addr) (net.Conn, error) {
	once := *d
	if once.Timeout <= 0 {
		once.Timeout = tryLimit
	}
	once.Timeout = min(once.Timeout, d.Retry)
	whole, cancel := context.WithTimeout(ctx, d.Retry)
	defer cancel()
	c, last := once.dial(ctx, a) // not cut short: there is always an error to return
	if last == nil || !mayPass(last) || ctx.Err() != nil {
		return c, last
	}
	if d.OnRetry != nil {
		d.OnRetry(last)
	}
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		select {
		case <-whole.Done():
			return nil, cmp.Or(ctx.Err(), last)
		case <-time.After(pause):
		}
		c, err := once.dial(whole, a)
		switch {
		case whole.Err() != nil && err != nil:
			return nil, cmp.Or(ctx.Err(), last)
		case err == nil || !mayPass(err):
			return c, err
		}
		last = err
	}
}

// mayPass reports whether the reason why a host could not be connected to may
// be gone later: it refuses, does not answer or cannot be resolved.
func mayPass(err error) bool {
	var name *ResolveError
	if errors.As(err, &name) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	for _, errno := range [...]syscall.Errno{
		syscall.ECONNREFUSED, syscall.ETIMEDOUT, syscall.EHOSTUNREACH, syscall.ENETUNREACH,
		syscall.ECONNRESET, syscall.ECONNABORTED, syscall.ENETDOWN, syscall.EHOSTDOWN,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	// A Unix socket that is not made yet.
	var unix *UnixError
	return errors.As(err, &unix) && unix.Op == "connect" && errors.Is(err, syscall.ENOENT)
}
