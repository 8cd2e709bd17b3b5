package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// A closer is a connection whose half-close sends something, as that of TLS
// does: here so much that there is never room for it.
type closer struct{ net.Conn }

func (c closer) NetConn() net.Conn { return c.Conn }

func (c closer) CloseWrite() error {
	_, err := c.Write(flood[:])
	return err
}

var flood [64 << 20]byte // to allocate it takes a busy machine longer than the limit on idleness

// A half-close that waits for a peer which reads nothing holds up neither the
// limit on idleness, nor a cancel, nor what the peer sends, while the peer
// still sends and when it has ended.
func TestHalfCloseWaits(t *testing.T) {
	for _, ends := range []string{"the peer still sends", "the peer has ended"} {
		for _, how := range []string{"idle", "cancelled"} {
			t.Run(ends+", "+how, func(t *testing.T) {
				t.Parallel()
				here, there := connected(t, "tcp")
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				r, out := io.Pipe()
				defer r.Close()
				var p Policy
				if how == "idle" {
					p.Idle = 3 * time.Second
				}
				over := piping(ctx, End{R: strings.NewReader("all"), W: out}, Conn(closer{here}), p)
				there.SetDeadline(time.Now().Add(testutil.Timeout))
				io.ReadFull(there, make([]byte, 1000)) // the half-close has begun
				io.WriteString(there, "answer")
				answer := make([]byte, 6)
				if _, err := io.ReadFull(r, answer); err != nil || string(answer) != "answer" {
					t.Errorf("%q, %v", answer, err)
				}
				if ends == "the peer has ended" {
					there.(*net.TCPConn).CloseWrite()
				}
				stopped := errors.New("stopped")
				want := ErrIdle
				if how == "cancelled" {
					want = stopped
					cancel(stopped)
				}
				if got := testutil.Await(t, over, "the relay"); got.err != want || got.Received != 6 {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}
