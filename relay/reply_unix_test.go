//go:build unix

package relay

import (
	"context"
	"errors"
	"io"
	"testing"

	"gonc/internal/testutil"
	"gonc/relay/share"
)

// The end of ctx ends a reply that waits for standard output, and one that
// waits for its turn to write there.
func TestReplyBlocked(t *testing.T) {
	testutil.CheckLeaks(t)
	_, out := stdoutPipe(t)
	local := files(t, nil, out)
	local.W = share.Locked(local.W)
	r := &Reply{Text: []byte("ACK!"), Local: local}
	ctx, cancel := context.WithCancelCause(context.Background())
	var sessions []<-chan error
	for range 2 {
		here, there := tcpPair(t)
		sessions = append(sessions, serving(ctx, r.Serve, here))
		go io.Copy(struct{ io.Writer }{there}, dataOf(1<<20))
	}
	testutil.Eventually(t, "standard output is full", func() bool { return !writable(out) })
	enough := errors.New("enough")
	cancel(enough)
	for _, ended := range sessions {
		if err := testutil.Await(t, ended, "a session"); err != enough {
			t.Errorf("ended with %v", err)
		}
	}
}
