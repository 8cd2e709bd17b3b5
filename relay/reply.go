package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// replyDrain is how long a client may go on sending after it got its reply,
// and how long one that cannot be answered may be silent.
const replyDrain = 5 * time.Second

// A Reply answers every connection with the same text.
type Reply struct {
	// Text is sent after the first bytes of a stream connection, or its EOF,
	// and after each datagram.
	Text []byte

	// Local gets all that is received, each read in one Write. Several
	// connections write at once, which W has to allow; see Locked. Nothing
	// is read there, and nothing closed.
	Local End

	// Idle ends a connection with ErrIdle that sends nothing for this long.
	// Zero means no limit.
	Idle time.Duration
}

// Serve is a Handler. A stream connection gets the text, is half-closed, read
// to its end for at most five seconds, and closed. A datagram connection is
// served until it ends or ctx is done. A failure of Local is a *LocalError. All
// connections have one ctx, that of the server: Local ends with it, since who
// waits for standard output would else stay.
func (r *Reply) Serve(ctx context.Context, c net.Conn) error {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(past); r.Local.interrupt() })()
	pooled := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(pooled)
	e, answer := Conn(c), r.answer
	if e.Datagram {
		answer = r.answerEach
	}
	err := answer(ctx, e, c, pooled[:])
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case interrupted(err):
		return ErrIdle
	}
	return err
}

// answer answers a stream.
func (r *Reply) answer(ctx context.Context, e End, c net.Conn, buf []byte) error {
	if err := r.await(ctx, c, r.Idle); err != nil {
		return err
	}
	err := r.receive(c, buf)
	ended := errors.Is(err, io.EOF)
	if err != nil && !ended {
		return err
	}
	if _, err := c.Write(r.Text); err != nil {
		return err
	}
	return r.finish(ctx, e, c, buf, ended)
}

// answerEach answers each datagram. That one cannot be answered, its sender
// being gone or without a name, is no reason to lose those that have come
// behind it: it is the error of the session, which ends when no more come.
func (r *Reply) answerEach(ctx context.Context, _ End, c net.Conn, buf []byte) error {
	limit, failed := r.Idle, error(nil)
	for {
		if err := r.await(ctx, c, limit); err != nil {
			return err
		}
		err := r.receive(c, buf)
		if err == nil {
			_, err = c.Write(r.Text)
			if err != nil && !interrupted(err) {
				failed, err = err, nil
				if limit <= 0 || limit > replyDrain {
					limit = replyDrain
				}
			}
		}
		switch {
		case failed != nil && (errors.Is(err, io.EOF) || interrupted(err)):
			return failed
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// finish half-closes a stream and reads it to its end, so that no reset takes
// the reply away.
func (r *Reply) finish(ctx context.Context, e End, c net.Conn, buf []byte, ended bool) error {
	if e.CloseWrite != nil {
		e.CloseWrite()
	}
	if ended {
		return nil
	}
	if err := r.await(ctx, c, replyDrain); err != nil {
		return err
	}
	for {
		switch err := r.receive(c, buf); {
		case errors.Is(err, io.EOF), interrupted(err) && ctx.Err() == nil:
			return nil
		case err != nil:
			return err
		}
	}
}

// await sets the deadline of what follows, unless ctx is done. Zero: none.
func (r *Reply) await(ctx context.Context, c net.Conn, limit time.Duration) error {
	if limit <= 0 {
		return nil
	}
	c.SetDeadline(time.Now().Add(limit))
	if ctx.Err() != nil { // and it may have set the deadline before us
		return context.Cause(ctx)
	}
	return nil
}

// receive moves one read to Local.
func (r *Reply) receive(c net.Conn, buf []byte) error {
	n, err := c.Read(buf)
	if n > 0 && r.Local.W != nil {
		if _, werr := r.Local.W.Write(buf[:n]); werr != nil {
			return r.Local.failure("write", werr)
		}
	}
	return err
}
