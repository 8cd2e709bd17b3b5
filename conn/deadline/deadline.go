// Package deadline makes contexts end reads and writes of connections.
package deadline

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

// Within runs f, which reads and writes c, until ctx is done, and leaves no
// deadline on c. When ctx ended f, the error is the cause of that. A context's
// deadline makes it done too, so one mechanism does for both.
func Within(ctx context.Context, c net.Conn, f func() error) error {
	fired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		c.SetDeadline(time.Unix(1, 0))
		close(fired)
	})
	err := f()
	done := !stop()
	if done {
		<-fired // otherwise the deadline could come after it was cleared
	}
	if clear := c.SetDeadline(time.Time{}); err == nil {
		err = clear
	}
	// An answer that came before ctx was done says more than the context.
	if done && (err == nil || errors.Is(err, os.ErrDeadlineExceeded)) {
		return context.Cause(ctx)
	}
	return err
}
