package main

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/mattn/go-isatty"

	"gonc/conn"
)

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) }

// A banner says where a listener listens and how it can be reached: with -v,
// and to whoever sits at a terminal.
type banner struct {
	say      *speaker
	o        *options
	terminal bool
}

// listening is told of the sockets of a listener, all at once.
func (b *banner) listening(at []net.Addr) {
	if b.say.level == 0 && !b.terminal {
		return
	}
	var reach []netip.Addr
	for _, a := range at {
		b.listens(a)
		reach = append(reach, conn.Reachable(a)...)
	}
	if b.o.unix || !b.o.dialect.hints {
		return
	}
	port := strconv.Itoa(int(conn.PortOf(at[0])))
	switch {
	case len(reach) > 0:
		b.say.errorLine("reachable at %s", strings.Join(b.places(reach, port), ", "))
	case loopback(at[0]):
		b.say.errorLine("reachable from this machine only: it listens on loopback")
	default:
		b.say.errorLine("reachable from this machine only: it has no other address")
	}
	if b.o.http {
		b.say.errorLine("open http://%s/", net.JoinHostPort(ownHost(at[0]), port))
	}
}

// listens says that a socket does.
func (b *banner) listens(a net.Addr) {
	word := "Listening"
	if b.o.udp {
		word = b.o.dialect.datagrams
	}
	if b.o.unix && !b.o.udp && !b.o.dialect.hints {
		b.say.line("Bound on %s", hostPort(a))
	}
	b.say.line("%s on %s", word, hostPort(a))
}

// places is how to write addresses with a port: as arguments of gonc, or as
// URLs.
func (b *banner) places(ips []netip.Addr, port string) []string {
	texts := make([]string, len(ips))
	for i, ip := range ips {
		texts[i] = ip.String() + " " + port
		if b.o.http {
			texts[i] = "http://" + net.JoinHostPort(ip.String(), port) + "/"
		}
	}
	return texts
}

func loopback(a net.Addr) bool {
	ap, err := netip.ParseAddrPort(a.String())
	return err == nil && ap.Addr().IsLoopback()
}

// ownHost is the host under which this machine reaches a listener at a.
func ownHost(a net.Addr) string {
	ap, err := netip.ParseAddrPort(a.String())
	switch {
	case err != nil || ap.Addr() == netip.IPv4Unspecified():
		return "127.0.0.1"
	case ap.Addr() == netip.IPv6Unspecified():
		return "::1"
	}
	return ap.Addr().String()
}
