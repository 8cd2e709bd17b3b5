package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/share"
)

// A session in a bubble of synctest, where time passes when nothing moves.
type session struct {
	there net.Conn
	in    *io.PipeWriter // standard input
	out   output
	begin time.Time
	ended <-chan ending
}

// An output is one that takes its time for each write.
type output struct {
	bytes.Buffer
	takes time.Duration
}

func (o *output) Write(b []byte) (int, error) {
	time.Sleep(o.takes)
	return o.Buffer.Write(b)
}

// begin starts a relay between a pipe and a connection in memory.
func begin(ctx context.Context, p Policy) *session {
	r, w := io.Pipe()
	here, there := net.Pipe()
	s := &session{there: there, in: w, begin: time.Now()}
	local := End{R: r, W: &s.out, src: sourceOps{interrupt: func() { r.CloseWithError(errStopped) }}}
	s.ended = piping(ctx, local, Conn(here), p)
	return s
}

var errStopped = interruptedError()

// interruptedError returns the error of an interrupted read.
func interruptedError() error {
	c, _ := net.Pipe()
	defer c.Close()
	c.SetDeadline(past)
	_, err := c.Read(nil)
	return err
}

// after says that the relay has to end with err when d has passed since it
// began.
func (s *session) after(t *testing.T, d time.Duration, err error) {
	t.Helper()
	end := <-s.ended
	if !errors.Is(end.err, err) || err == nil && end.err != nil {
		t.Errorf("ended with %v, want %v", end.err, err)
	}
	if took := time.Since(s.begin).Round(time.Microsecond); took != d {
		t.Errorf("ended after %v, want %v", took, d)
	}
	s.there.Close()
	s.in.Close()
}

func (s *session) give(text string) { io.WriteString(s.in, text) }
func (s *session) send(text string) { io.WriteString(s.there, text) }
func (s *session) receive(n int)    { io.ReadFull(s.there, make([]byte, n)) }

// A timerCase is what happens in a session, and when and how that ends it.
type timerCase struct {
	name   string
	policy Policy
	do     func(*session)
	after  time.Duration
	err    error
}

func checkTimers(t *testing.T, cases []timerCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := begin(context.Background(), c.policy)
				c.do(s)
				s.after(t, c.after, c.err)
			})
		})
	}
}

func TestTimerIdle(t *testing.T) {
	checkTimers(t, []timerCase{
		{"idle from the beginning", Policy{Idle: time.Minute}, func(*session) {}, time.Minute, ErrIdle},
		{"idle after something was received", Policy{Idle: time.Minute}, func(s *session) {
			time.Sleep(30 * time.Second)
			s.send("x")
		}, 90 * time.Second, ErrIdle},
		{"idle after something was sent", Policy{Idle: time.Minute}, func(s *session) {
			time.Sleep(50 * time.Second)
			s.give("x")
			s.receive(1)
			time.Sleep(50 * time.Second)
			s.give("x")
			s.receive(1)
		}, 160 * time.Second, ErrIdle},
		{"idle after local's end", Policy{Idle: time.Minute}, func(s *session) {
			time.Sleep(10 * time.Second)
			s.in.Close()
		}, time.Minute, ErrIdle},
		{"idle while the remote takes nothing", Policy{Idle: time.Minute}, func(s *session) { s.give("x") }, time.Minute, ErrIdle},
	})
}

func TestTimerQuiet(t *testing.T) {
	checkTimers(t, []timerCase{
		{"quiet", Policy{Quiet: time.Minute}, func(s *session) {
			s.in.Close()
			for range 3 {
				time.Sleep(50 * time.Second)
				s.send("x")
			}
		}, 210 * time.Second, nil},
		{"not quiet before local's end", Policy{Quiet: time.Minute}, func(s *session) {
			time.Sleep(time.Hour)
			s.in.Close()
		}, time.Hour + time.Minute, nil},
		{"not quiet while the output is not read", Policy{Quiet: time.Minute}, func(s *session) {
			s.out.takes = 10*time.Minute + time.Second
			s.in.Close()
			s.send("x")
		}, 11*time.Minute + time.Second, nil},
		{"quiet once the output was read", Policy{Quiet: time.Minute, Idle: 5 * time.Minute}, func(s *session) {
			s.out.takes = 90 * time.Second
			s.in.Close()
			s.send("x")
		}, 150 * time.Second, nil},
		{"idle while the output is not read", Policy{Quiet: time.Minute, Idle: 5 * time.Minute}, func(s *session) {
			s.out.takes = 5*time.Minute + time.Second
			s.in.Close()
			s.send("x")
		}, 5*time.Minute + time.Second, ErrIdle},
	})
}

// Linger and Flush, and several limits, of which the first ends the session.
func TestTimers(t *testing.T) {
	checkTimers(t, []timerCase{
		{"linger", Policy{Linger: time.Minute}, func(s *session) {
			time.Sleep(10 * time.Second)
			s.in.Close()
			time.Sleep(30 * time.Second)
			s.send("late")
		}, 70 * time.Second, nil},
		{"linger, the remote ends", Policy{Linger: time.Minute}, func(s *session) {
			s.in.Close()
			time.Sleep(10 * time.Second)
			s.there.Close()
		}, 10 * time.Second, nil},
		{"no linger before local's end", Policy{Linger: time.Minute}, func(s *session) {
			time.Sleep(time.Hour)
			s.there.Close()
			s.in.Close()
		}, time.Hour, nil},
		{"flush", Policy{Linger: Flush}, func(s *session) {
			time.Sleep(10 * time.Second)
			s.in.Close()
		}, 10 * time.Second, nil},
		{"idle sooner than quiet", Policy{Quiet: time.Hour, Idle: time.Minute}, func(s *session) { s.in.Close() }, time.Minute, ErrIdle},
		{"quiet sooner than idle", Policy{Quiet: time.Minute, Idle: time.Hour}, func(s *session) { s.in.Close() }, time.Minute, nil},
		{"linger sooner than idle", Policy{Linger: time.Minute, Idle: time.Hour}, func(s *session) { s.in.Close() }, time.Minute, nil},
		{"idle sooner than linger", Policy{Linger: time.Hour, Idle: time.Minute}, func(s *session) { s.in.Close() }, time.Minute, ErrIdle},
		{"no limits", Policy{}, func(s *session) {
			time.Sleep(1000 * time.Hour)
			s.in.Close()
			s.there.Close()
		}, 1000 * time.Hour, nil},
	})
}

// A deadline of the context is as good as any other end.
func TestTimerOfContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		begin(ctx, Policy{Idle: time.Hour}).after(t, time.Minute, context.DeadlineExceeded)
	})
}

// What a stop finds between two lines was read and is not delivered.
func TestIdleInInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		local := Interval(End{R: strings.NewReader("one\ntwo\n")}, time.Hour)
		relay := piping(context.Background(), local, Conn(here), Policy{Idle: time.Minute})
		io.ReadFull(there, make([]byte, 4))
		var lost *UndeliveredError
		if end := <-relay; !errors.As(end.err, &lost) || lost.Bytes != 4 || !errors.Is(end.err, ErrIdle) {
			t.Errorf("ended with %v", end.err)
		}
	})
}

// A connection that falls behind is waited for, but not for long, and not
// time and again.
func TestLagPatience(t *testing.T) {
	for _, c := range []struct {
		name string
		stop time.Duration // before it reads anything
		err  error
	}{
		{"a short stop", 450 * time.Millisecond, nil},
		{"a long stop", 550 * time.Millisecond, share.ErrLagging},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 4 << 20
				r, w := io.Pipe()
				h := &Fanout{Local: End{R: r}}
				h.init()
				slow, slowEnded := joining(h)
				fast, fastEnded := joining(h)
				go func() { io.Copy(w, dataOf(n)); w.Close() }()
				got := testutil.Background(func() arrival { return must(arrivalOf(io.LimitReader(fast, n))) })
				time.Sleep(c.stop)
				a, _ := arrivalOf(io.LimitReader(slow, n))
				expectData(t, "the fast one", <-got, n)
				if c.err == nil {
					expectData(t, "the slow one", a, n)
				}
				slow.Close()
				fast.Close()
				if err := <-slowEnded; err != c.err {
					t.Errorf("the slow one ended with %v", err)
				}
				if err := <-fastEnded; err != nil {
					t.Errorf("the fast one ended with %v", err)
				}
				h.Close()
				time.Sleep(time.Minute) // whatever timers are left
			})
		})
	}
}

// joining adds a connection in memory to h.
func joining(h *Fanout) (there net.Conn, ended <-chan error) {
	here, there := net.Pipe()
	ended = serving(context.Background(), h.Serve, here)
	synctest.Wait()
	return there, ended
}
