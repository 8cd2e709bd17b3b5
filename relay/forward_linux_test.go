package relay

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

// A target that is done and reads no more keeps no EOF from the client, however
// much is still on its way to it.
func TestForwardEOFBesideUnread(t *testing.T) {
	testutil.CheckLeaks(t)
	here, client := tcpPair(t)
	out, target := tcpPair(t)
	out.SetWriteBuffer(4 << 20)
	target.SetReadBuffer(32 << 10)
	f := &Forward{Dial: func(context.Context) (net.Conn, error) { return out, nil }}
	ended := serving(t.Context(), f.Serve, here)
	must(client.Write(bytesOf(512 << 10)))
	client.CloseWrite()
	testutil.Eventually(t, "the target is half-closed", func() (is bool) {
		must(out.SyscallConn()).Control(func(fd uintptr) {
			is = must(unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO)).State != unix.BPF_TCP_ESTABLISHED
		})
		return is
	})
	must(io.WriteString(target, "done"))
	target.CloseWrite()
	client.SetReadDeadline(time.Now().Add(testutil.Timeout))
	if got, err := io.ReadAll(client); string(got) != "done" || err != nil {
		t.Errorf("the client read %q, %v", got, err)
	}
	io.Copy(io.Discard, target)
	if err := testutil.Await(t, ended, "the session"); err != nil {
		t.Error(err)
	}
}
