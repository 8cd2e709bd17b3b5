package message

import (
	"net"
	"strings"
	"syscall"
	"testing"

	"gonc/cli/event"
	"gonc/conn"
)

// The name of a Unix socket is shown whole and as nothing that a terminal
// obeys, and one that there is not is not shown.
func TestUnixNamesSaid(t *testing.T) {
	at := func(network, name string) net.Addr { return &net.UnixAddr{Name: name, Net: network} }
	op := func(op string, remote net.Addr, err error) error {
		return &net.OpError{Op: op, Net: remote.Network(), Addr: remote, Err: err}
	}
	tcp := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 80}
	for want, e := range map[string]event.Event{
		`Connection received on @a\x1b[31m\nb:1`:                                                event.Accepted{Local: at("unixgram", "own"), Remote: at("unixgram", "@a\x1b[31m\nb:1")},
		"Connection received on own:2":                                                          event.Accepted{Local: at("unixgram", "own:2"), Remote: at("unixgram", "")},
		"Connection received on own:3":                                                          event.Accepted{Local: at("unix", "own:3"), Remote: at("unix", "@")},
		"Connection received on 10.0.0.1 80":                                                    event.Accepted{Local: &net.TCPAddr{}, Remote: tcp},
		"gonc: connection refused: limit of 4 connections reached (--max-conns)":                event.Refused{Remote: at("unix", "@"), Limit: 4},
		"gonc: connection from a:5 refused: limit of 5 connections reached (--max-conns)":       event.Refused{Remote: at("unixgram", "a:5"), Limit: 5},
		"gonc: send to a:6 (unixgram) failed: No such file or directory":                        event.SessionFailed{Err: op("write", at("unixgram", "a:6"), syscall.ENOENT)},
		"gonc: send to a socket without a name (unixgram) failed: Destination address required": event.SessionFailed{Err: op("write", at("unixgram", ""), syscall.EDESTADDRREQ)},
		"gonc: receive from a:7 (unixgram) failed: Message too long":                            event.SessionFailed{Err: op("read", at("unixgram", "a:7"), syscall.EMSGSIZE)},
	} {
		var said strings.Builder
		(&Text{Dialect: goncDialect(), Verbose: 1, W: &said}).Print(e)
		if line, _, _ := strings.Cut(said.String(), "\n"); line != want {
			t.Errorf("%s\nwant %s", line, want)
		}
	}
}

// On a terminal the loss of datagrams is printed without -v, but not in a dialect
// that prints nothing there.
func TestDroppedOnTerminal(t *testing.T) {
	for _, c := range []struct{ terminal, dialect, printed bool }{{true, true, true}, {true, false, false}, {false, true, false}} {
		d := *goncDialect()
		d.OnTerminal = c.dialect
		var said strings.Builder
		(&Text{Dialect: &d, Terminal: c.terminal, W: &said}).Print(event.Dropped{Datagrams: 3})
		want := ""
		if c.printed {
			want = "gonc: 3 datagrams were dropped: they came faster than they were read\n"
		}
		if said.String() != want {
			t.Errorf("%+v: %q, want %q", c, said.String(), want)
		}
	}
}

// The same hint for several failures in a row is printed once.
func TestHintOnce(t *testing.T) {
	var said strings.Builder
	text := &Text{Dialect: goncDialect(), W: &said}
	for range 3 {
		text.Print(event.Failed{Err: &conn.UnixError{Op: "connect", Path: "a", Err: syscall.ECONNREFUSED}})
	}
	text.Print(event.Failed{Err: &conn.UnixError{Op: "connect", Path: "b", Err: syscall.ENOENT}})
	want := strings.Repeat("gonc: connect to a failed: Connection refused\n", 3)
	want = strings.Replace(want, "\n", "\ngonc: hint: no process is listening on that socket\n", 1) +
		"gonc: connect to b failed: No such file or directory\ngonc: hint: there is no such socket\n"
	if said.String() != want {
		t.Errorf("%s\nwant %s", &said, want)
	}
}
