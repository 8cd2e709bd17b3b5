package message

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/cli/dialect"
	"gonc/cli/event"
	"gonc/conn"
	"gonc/conn/addr"
	"gonc/conn/tlsconn"
	"gonc/relay/command"
)

// What is said when -w is over: what was under way, and of several addresses
// what each answered.
func TestSayTimeLimit(t *testing.T) {
	silent := &net.DNSError{Err: "i/o timeout", Name: "h", IsTimeout: true}
	tried := func(ip string, err error) conn.Attempt {
		to := netip.AddrPortFrom(netip.MustParseAddr(ip), 80)
		return conn.Attempt{Addr: to, Err: &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: err}}
	}
	mixed := &conn.DialError{Network: "tcp", Address: addr.Addr{Host: "h", Port: "80"}, Tried: []conn.Attempt{
		tried("192.0.2.1", os.NewSyscallError("connect", syscall.ECONNREFUSED)), tried("192.0.2.2", os.ErrDeadlineExceeded)}}
	for _, tt := range []struct {
		err      error
		gonc, nc string
	}{
		{&conn.ResolveError{Address: addr.Addr{Host: "h", Port: "80"}, Err: silent, Limit: time.Second},
			"gonc: getaddrinfo for host \"h\" port 80: no answer within 1s\ngonc: hint: the name server did not answer; a numeric address needs none\n",
			"nc: getaddrinfo for host \"h\" port 80: no answer within 1s\n"},
		{&conn.ResolveError{Address: addr.Addr{Host: "h"}, Err: silent, Limit: time.Second},
			"gonc: getaddrinfo for host \"h\": no answer within 1s\ngonc: hint: the name server did not answer; a numeric address needs none\n",
			"nc: getaddrinfo for host \"h\": no answer within 1s\n"},
		{&conn.UnixError{Op: "connect", Path: "/s", Err: context.DeadlineExceeded},
			"gonc: connect to /s failed: Connection timed out\ngonc: hint: the listener's backlog is full\n",
			"nc: /s: Connection timed out\n"},
		{mixed,
			"gonc: connect to h port 80 (tcp) failed: Connection refused (192.0.2.1), Connection timed out (192.0.2.2)\n" +
				"gonc: hint: a firewall drops what is sent, or the host is down\n",
			"nc: connect to h (192.0.2.1) port 80 (tcp) failed: Connection refused\n" +
				"nc: connect to h (192.0.2.2) port 80 (tcp) timed out: Operation now in progress\n"},
	} {
		for name, want := range map[string]string{"gonc": tt.gonc, "nc": tt.nc} {
			var said strings.Builder
			d, _, err := dialect.Choose([]string{name})
			if err != nil {
				t.Fatal(err)
			}
			s := &Text{Dialect: d, Verbose: 1, W: &said}
			s.Print(event.Failed{Err: tt.err})
			if said.String() != want {
				t.Errorf("%s says %q, not %q", name, said.String(), want)
			}
		}
	}
}

// A name server that fails is named, and what it did.
func TestSayNameServer(t *testing.T) {
	for want, err := range map[string]*net.DNSError{
		"the name server 192.0.2.53 did not answer; a numeric address needs none":        {Server: "192.0.2.53:53", Err: "i/o timeout", IsTimeout: true},
		"the name server fd00::53 answered that it failed; a numeric address needs none": {Server: "[fd00::53]:53", Err: "server misbehaving", IsTemporary: true},
	} {
		if hint := resolverHint(err); hint != want {
			t.Errorf("the hint is %q, not %q", hint, want)
		}
	}
}

// Descriptors that are used up have a hint, whatever needed one.
func TestSayDescriptors(t *testing.T) {
	for _, err := range []error{
		&conn.UnixError{Op: "connect", Path: "/s", Err: os.NewSyscallError("socket", syscall.EMFILE)},
		&command.StartError{Name: "cat", Err: syscall.EMFILE},
	} {
		if text, hint := (&Text{Dialect: goncDialect()}).describe(err); !strings.Contains(text, "Too many open files") || !strings.Contains(hint, "ulimit -n") {
			t.Errorf("it says %q, %q", text, hint)
		}
	}
}

// An error that does not come from the system is described in gonc's own words in
// every dialect, and not as package net formats it.
func TestTruncatedInEveryDialect(t *testing.T) {
	cut := &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 8}, Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9}, Err: &tlsconn.TruncatedError{}}
	want := "receive from 192.0.2.1 port 9 (tcp) failed: it ended without close_notify"
	for _, name := range []string{"gonc", "nc", "ncat"} {
		d, _, err := dialect.Choose([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		(&Text{Dialect: d, W: &said}).Print(event.Failed{Err: cut})
		if !strings.Contains(said.String(), ": "+want) {
			t.Errorf("%s says %q", name, said.String())
		}
	}
}
