package deadline

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
)

// TestWithinLate has the context end when the work is done but not yet taken
// for done: it ended too late, and no deadline is left.
func TestWithinLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		client, server := net.Pipe()
		if err := Within(ctx, client, func() error { cancel(); return nil }); err != context.Canceled {
			t.Error(err)
		}
		said := errors.New("said")
		if err := Within(ctx, client, func() error { return said }); err != said {
			t.Error(err, "hides what was said")
		}
		synctest.Wait()
		go io.WriteString(server, "x")
		if _, err := client.Read(make([]byte, 1)); err != nil {
			t.Error(err, "is left")
		}
		client.Close()
		server.Close()
	})
}
