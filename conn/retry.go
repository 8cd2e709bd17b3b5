package conn

import (
	"cmp"
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"gonc/conn/addr"
	"gonc/conn/path"
	"gonc/conn/proxy"
)

// The pauses between tries to connect double up to a second. A try that gets
// no answer makes room for the next one: a host that has just started would
// wait for the system's next SYN, which may be a minute away.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = time.Second
	tryLimit   = 5 * time.Second
)

// dialAgain calls dial until it succeeds, fails for good, or Retry is over.
func (d *Dialer) dialAgain(ctx context.Context, a addr.Addr) (c net.Conn, err error) {
	err = d.again(ctx, func(ctx context.Context, once *Dialer) (err error) {
		c, err = once.dial(ctx, a)
		return err
	})
	return c, err
}

// again calls try until it succeeds, fails for good, or Retry is over. The
// error is that of the last try that was not cut short.
func (d *Dialer) again(ctx context.Context, try func(context.Context, *Dialer) error) error {
	once := *d
	if once.Timeout <= 0 {
		once.Timeout = tryLimit
	}
	once.Timeout = min(once.Timeout, d.Retry)
	whole, cancel := context.WithTimeout(ctx, d.Retry)
	defer cancel()
	end, _ := whole.Deadline() // which a socket may notice before the context does
	last := try(ctx, &once)    // not cut short: there is always an error to return
	if last == nil || !mayPass(last) || ctx.Err() != nil {
		return last
	}
	if d.OnRetry != nil {
		d.OnRetry(last)
	}
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		select {
		case <-whole.Done():
			return cmp.Or(ctx.Err(), last)
		case <-time.After(pause):
		}
		err := try(whole, &once)
		switch {
		case err != nil && (whole.Err() != nil || !time.Now().Before(end)):
			return cmp.Or(ctx.Err(), last)
		case err == nil || !mayPass(err):
			return err
		}
		last = err
	}
}

// mayPass reports whether the reason why a host could not be connected to may
// be gone later: it refuses, does not answer or cannot be resolved.
func mayPass(err error) bool {
	if errors.As(err, new(*ResolveError)) {
		return true
	}
	if asked := new(proxy.Error); errors.As(err, &asked) && asked.NotReached() {
		return true // the proxy could not reach the host
	}
	switch path.OutcomeOf(err) {
	case path.Refused, path.Unreachable, path.Silent, path.ResetLater:
		return true
	}
	// A Unix socket that is not made yet.
	var unix *UnixError
	return errors.As(err, &unix) && unix.Op == "connect" && errors.Is(err, syscall.ENOENT)
}
