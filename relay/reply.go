package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"time"
)

const (
	// replyDrain is how long a client may go on sending after it got its
	// reply, and how long one that cannot be answered may be silent.
	replyDrain = 5 * time.Second

	// replyBurst and replyRate limit how many datagrams of one sender are
	// answered, at once and a second. Their sender may be forged.
	replyBurst = 50
	replyRate  = 20
)

// A Reply answers every connection with the same text.
type Reply struct {
	// Text is sent after the first bytes of a stream connection, or its EOF,
	// and after each datagram.
	Text []byte

	// Local gets all that is received, each read in one Write. Several
	// connections write at once, which W has to allow; see share.Locked. Nothing
	// is read there, and nothing closed.
	Local End

	// Remote makes the End of a connection. Nil means Conn.
	Remote func(net.Conn) End

	// Silence ends a stream connection with ErrIdle that has sent nothing
	// for this long since it began. Zero means no limit but Idle.
	Silence time.Duration

	// Idle ends a connection with ErrIdle that sends nothing for this long.
	// Zero means no limit.
	Idle time.Duration

	// OnEnd is called for each connection when it has ended. Nil means that
	// nothing is counted.
	OnEnd func(remote net.Addr, t Totals)
}

// Serve is a Handler. A stream connection gets the text, is half-closed, read
// to its EOF for at most five seconds, and closed. A datagram connection is
// served until it ends or ctx is done; a datagram is not answered if that could
// go on forever, or if its sender has sent too many. A failure of Local is a
// *LocalError. When ctx ends, other than for this connection alone (see
// afterServer), Local is interrupted, because a write to standard output may
// block.
func (r *Reply) Serve(ctx context.Context, c net.Conn) error {
	defer c.Close()
	e := endOf(c, r.Remote)
	defer context.AfterFunc(ctx, func() { c.SetDeadline(past); e.interrupt() })()
	defer afterServer(ctx, r.Local.interrupt)()
	pooled := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(pooled)
	s := &replying{Reply: r, remote: e, c: c, buf: pooled[:], totals: Totals{Began: time.Now()}}
	if r.OnEnd != nil {
		defer func() { r.OnEnd(c.RemoteAddr(), s.totals) }()
	}
	answer := s.answer
	if e.Datagram {
		answer = s.answerEach
	}
	err := answer(ctx)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case interrupted(err):
		return ErrIdle
	}
	return err
}

// A replying is a session of a Reply.
type replying struct {
	*Reply
	remote End
	c      net.Conn // what remote was made of
	buf    []byte
	totals Totals
}

// answer answers a stream.
func (s *replying) answer(ctx context.Context) error {
	limit := s.Idle
	if s.Silence > 0 && (limit <= 0 || s.Silence < limit) {
		limit = s.Silence
	}
	if err := s.await(ctx, limit); err != nil {
		return err
	}
	_, err := s.receive()
	ended := errors.Is(err, io.EOF)
	if err != nil && !ended {
		return err
	}
	if err := s.send(); err != nil {
		return err
	}
	if s.remote.CloseWrite != nil {
		s.remote.CloseWrite()
	}
	if ended {
		return nil
	}
	return s.finish(ctx)
}

// answerEach answers each datagram. If one cannot be answered, because its
// sender has gone or has no name, those that came behind it are still received:
// the failure is the error of the session, which ends when no more come.
func (s *replying) answerEach(ctx context.Context) error {
	limit, failed := s.Idle, error(nil)
	answers := bucket{tokens: replyBurst, at: time.Now()}
	echoes := mayEcho(s.c)
	for {
		if err := s.await(ctx, limit); err != nil {
			return err
		}
		n, err := s.receive()
		if err == nil && !echoes && !bytes.Equal(s.buf[:n], s.Text) && answers.take(time.Now()) {
			err = s.send()
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

// mayEcho reports whether a datagram sent to the peer of c would come back, or
// bring another one, forever: the peer is c itself, or has the port of a
// service that answers whatever it is sent.
func mayEcho(c net.Conn) bool {
	peer, ok := c.RemoteAddr().(*net.UDPAddr)
	if !ok {
		return false
	}
	switch peer.Port {
	case 7, 13, 17, 19, 37: // RFC 862, 867, 865, 864, 868
		return true
	case 53, 123: // RFC 1035, 5905: malformed requests are answered too
		return true
	}
	own, ok := c.LocalAddr().(*net.UDPAddr)
	return ok && own.Port == peer.Port && (own.IP.Equal(peer.IP) || own.IP.IsUnspecified() && isOwn(peer.IP))
}

// isOwn reports whether ip is an address of this machine.
func isOwn(ip net.IP) bool {
	if ip.IsLoopback() {
		return true
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.Equal(ip) {
			return true
		}
	}
	return false
}

// A bucket holds tokens, which come back at replyRate.
type bucket struct {
	tokens float64
	at     time.Time // when they were counted
}

// take takes a token, if there is one.
func (b *bucket) take(now time.Time) bool {
	b.tokens = min(replyBurst, b.tokens+now.Sub(b.at).Seconds()*replyRate)
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// finish reads a stream that was half-closed to its EOF, so that no reset takes the
// reply away.
func (s *replying) finish(ctx context.Context) error {
	if err := s.await(ctx, replyDrain); err != nil {
		return err
	}
	for {
		switch _, err := s.receive(); {
		case errors.Is(err, io.EOF), interrupted(err) && ctx.Err() == nil:
			return nil
		case err != nil:
			return err
		}
	}
}

// await sets the deadline of what follows, unless ctx is done. Zero: none.
func (s *replying) await(ctx context.Context, limit time.Duration) error {
	if limit <= 0 {
		return nil
	}
	s.c.SetDeadline(time.Now().Add(limit))
	if ctx.Err() != nil { // and it may have set the deadline before us
		return context.Cause(ctx)
	}
	return nil
}

// send sends the text.
func (s *replying) send() error {
	n, err := s.remote.W.Write(s.Text)
	s.totals.Sent += int64(n)
	return err
}

// receive moves one read to Local, and returns how much it was.
func (s *replying) receive() (int, error) {
	n, err := s.remote.R.Read(s.buf)
	s.totals.Receive(n)
	if n > 0 && s.Local.W != nil {
		if _, werr := s.Local.W.Write(s.buf[:n]); werr != nil {
			return n, s.Local.failure("write", werr)
		}
	}
	return n, err
}
