package relay

import (
	"io"
	"net"
	"testing"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/tcpinfo"
)

// lateReferee returns a referee without movers, whose relay has been idle for an
// hour, the limit, and whose peer has sent something.
func lateReferee(t *testing.T) (x *referee, here net.Conn) {
	c, there := tcpPair(t)
	in, out := End{W: io.Discard}, Conn(c)
	x = newReferee(&in, &out, Policy{Idle: time.Hour})
	x.clock.began = time.Now().Add(-time.Hour)
	x.acked[remote], _, _ = tcpinfo.AckedBytes(c)
	there.Write([]byte("in time"))
	testutil.Eventually(t, "it has come", func() bool { return tcpinfo.Readable(c) })
	return x, c
}

// ringLate has the limit found late, by a second.
func (x *referee) ringLate() {
	x.timers[timerIdle].due = time.Now().Add(-time.Second)
	x.ringDue()
}

// A limit that is found late, because the process was stopped, waits for what
// came in time, even if the movers get no processor soon.
func TestLateLimitWaitsForUnread(t *testing.T) {
	x, here := lateReferee(t)
	for range 3 {
		x.ringLate()
		x.timers[timerIdle].late = time.Now().Add(testutil.Timeout) // however slow this machine is
	}
	if x.err != nil {
		t.Fatalf("ended with %v, although something is there to be read", x.err)
	}
	io.ReadFull(here, make([]byte, len("in time")))
	if x.ringLate(); x.err != ErrIdle {
		t.Errorf("ended with %v, want %v", x.err, ErrIdle)
	}
}

// It does not wait for ever.
func TestLateLimitEnds(t *testing.T) {
	x, _ := lateReferee(t)
	x.timers[timerIdle].late = time.Now().Add(-unreadWithin)
	if x.ringLate(); x.err != ErrIdle {
		t.Errorf("ended with %v, want %v", x.err, ErrIdle)
	}
}
