package message

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"gonc/conn"
)

// One errno says that there is no such source address, that the source port
// has a connection to there already, and that no port is left.
func TestSourceHint(t *testing.T) {
	for _, tt := range []struct {
		call  string
		errno syscall.Errno
		from  string
		want  string
	}{
		{"bind", syscall.EADDRNOTAVAIL, "192.0.2.1:0", "this machine does not have that source address"},
		{"bind", syscall.EADDRNOTAVAIL, "192.0.2.1:5000", "this machine does not have that source address"},
		{"bind", syscall.EADDRINUSE, "0.0.0.0:5000", "that source port is in use; use another one"},
		{"bind", syscall.EADDRINUSE, "127.0.0.1:0", "every source port for a connection to there is in use; some are free again in a minute"},
		{"connect", syscall.EADDRNOTAVAIL, "0.0.0.0:5000", "a connection from that source port to there exists, or has just ended; use another port"},
		{"connect", syscall.EADDRNOTAVAIL, "", "every source port for a connection to there is in use; some are free again in a minute"},
	} {
		to := netip.MustParseAddrPort("127.0.0.1:9")
		op := &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: os.NewSyscallError(tt.call, tt.errno)}
		if tt.from != "" {
			op.Source = net.TCPAddrFromAddrPort(netip.MustParseAddrPort(tt.from))
		}
		if got := (&Text{Dialect: goncDialect()}).attemptHint(conn.Attempt{Addr: to, Err: op}); got != tt.want {
			t.Errorf("%s from %s: %v: %s", tt.call, tt.from, tt.errno, got)
		}
	}
}
