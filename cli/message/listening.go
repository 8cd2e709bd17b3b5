package message

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"gonc/cli/event"
	"gonc/conn/addr"
)

// listening says where a listener listens and how it can be reached.
func (t *Text) listening(e event.Listening) (lines []event.Line) {
	var reach []netip.Addr
	for _, a := range e.At {
		lines = append(lines, event.Bare("Listening on %s", event.HostPort(a)))
		reach = append(reach, addr.Reachable(a)...)
	}
	if !t.Dialect.Hints {
		return lines
	}
	if strings.HasPrefix(e.Network, "unix") {
		return append(lines, t.tlsBanner(e, "", "")...)
	}
	port := strconv.Itoa(int(addr.PortOf(e.At[0])))
	switch {
	case len(reach) > 0:
		lines = append(lines, event.Named("reachable at %s", strings.Join(places(e, reach, port), ", ")))
	case isLoopback(e.At[0]):
		lines = append(lines, event.Named("reachable from this machine only: it listens on loopback"))
	default:
		lines = append(lines, event.Named("reachable from this machine only: it has no other address"))
	}
	if e.Page {
		lines = append(lines, event.Named("open %s", pageURL(e, ownHost(e.At[0]), port)))
	}
	host := ownHost(e.At[0])
	if len(reach) > 0 {
		host = reach[0].String()
	}
	return append(lines, t.tlsBanner(e, host, port)...)
}

// pageURL is where the test page of a listener is.
func pageURL(e event.Listening, host, port string) string {
	scheme := "http://"
	if e.TLS != nil {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port) + "/"
}

// places is how to write addresses with a port: as operands, or as URLs.
func places(e event.Listening, ips []netip.Addr, port string) []string {
	texts := make([]string, len(ips))
	for i, ip := range ips {
		texts[i] = ip.String() + " " + port
		if e.Page {
			texts[i] = pageURL(e, ip.String(), port)
		}
	}
	return texts
}

func isLoopback(a net.Addr) bool {
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
