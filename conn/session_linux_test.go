package conn

import (
	"errors"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/conn/addr"
	"gonc/internal/testutil"
)

// All sessions send from one socket, whose buffer a peer behind a slow
// interface fills. The others get theirs all the same, at more than that
// interface's pace: at 8 datagrams a second these would take 25 seconds.
func TestSessionSlowInterface(t *testing.T) {
	if !testutil.InChild() {
		testutil.InProcess(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET})
		return
	}
	for _, command := range []string{
		"ip link set lo up",
		"ip link add gonc0 type veth peer name gonc1",
		"ip addr add 10.0.0.1/24 dev gonc0",
		"ip link set gonc0 up",
		"ip link set gonc1 up",
		"ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud permanent dev gonc0",
		"tc qdisc add dev gonc0 root tbf rate 64kbit burst 2k limit 2000000",
	} {
		testutil.RunCommand(t, command)
	}
	testutil.AwaitLink(t, "ip link show gonc0")
	l := &Listener{Network: "udp4"}
	uc, err := l.bindUDP(t.Context(), netip.MustParseAddrPort("0.0.0.0:0"))
	if err != nil {
		t.Fatal(err)
	}
	d := newTestDemux(l, uc)
	defer uc.Close()
	slow := d.deliver(route{remote: netip.MustParseAddrPort("10.0.0.2:9")}, nil)
	datagram := make([]byte, 1000)
	slow.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	for err == nil {
		_, err = slow.Write(datagram)
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the buffer is full: %v", err)
	}
	slow.SetWriteDeadline(time.Time{})
	stopped := make(chan error, 1)
	go func() {
		for err := error(nil); ; _, err = slow.Write(datagram) {
			if err != nil {
				stopped <- err
				return
			}
		}
	}()
	other := dialTo(t, "udp", "127.0.0.1:"+portOf(uc.LocalAddr()))
	fast := d.deliver(sender(addr.PortOf(other.LocalAddr())), nil)
	fast.SetWriteDeadline(time.Now().Add(patience))
	for i := range 200 {
		if _, err := fast.Write(datagram); err != nil {
			t.Fatalf("datagram %d: %v", i, err)
		}
		if _, err := other.Read(make([]byte, 2000)); err != nil {
			t.Fatalf("datagram %d: %v", i, err)
		}
	}
	slow.SetWriteDeadline(time.Unix(1, 0))
	if err := await(t, stopped); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
