package addr

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// PortOwner returns which program of this machine has the port of a numeric
// address or of every one (an empty Host), as "name (pid 123)", or "" when that
// cannot be known: only root sees the programs of other users. network is
// "tcp" or "udp". The socket is found in /proc/net, its owner by the links in
// /proc/pid/fd (proc(5)).
func PortOwner(network string, a Addr) string {
	n, err := ParsePort(network, a.Port)
	if err != nil {
		return ""
	}
	ip := netip.IPv6Unspecified()
	if a.Host != "" {
		if ip, err = ParseIP(a.Host); err != nil {
			return ""
		}
	}
	inodes := make(map[string]bool)
	for _, table := range []string{network, network + "6"} {
		boundInodes("/proc/net/"+table, netip.AddrPortFrom(ip, n), network == "tcp", inodes)
	}
	if len(inodes) == 0 {
		return ""
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		to, err := os.Readlink(link)
		if err != nil || !inodes[to] {
			continue
		}
		pid := strings.Split(link, "/")[2]
		name, err := os.ReadFile("/proc/" + pid + "/comm")
		if err != nil {
			continue
		}
		return fmt.Sprintf("%s (pid %s)", strconv.Quote(strings.TrimSpace(string(name))), pid)
	}
	return ""
}

// boundInodes adds the sockets of a table that keep others from at, and listen
// if that is asked for, as their links are written: socket:[123].
func boundInodes(table string, at netip.AddrPort, listening bool, inodes map[string]bool) {
	f, err := os.Open(table)
	if err != nil {
		return
	}
	defer f.Close()
	for rows := bufio.NewScanner(f); rows.Scan(); {
		col := strings.Fields(rows.Text())
		if len(col) > 9 && excludes(parseProc(col[1]), at) && (!listening || col[3] == "0A") {
			inodes["socket:["+col[9]+"]"] = true
		}
	}
}

// parseProc reads an address of /proc/net/tcp: each four bytes of it are
// written as a number of this machine, as in 0100007F:1F90.
func parseProc(s string) (at netip.AddrPort) {
	host, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(host)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil || len(b)%4 != 0 {
		return at
	}
	for i := 0; i < len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	ip, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(ip.Unmap(), uint16(n))
}

// excludes reports whether a socket that is bound to has leaves no room for
// one at wants.
func excludes(has, wants netip.AddrPort) bool {
	a, b := has.Addr(), wants.Addr().Unmap()
	covers := func(all, one netip.Addr) bool { return all.IsUnspecified() && (all.Is6() || one.Is4()) }
	return a.IsValid() && has.Port() == wants.Port() && (a.WithZone("") == b.WithZone("") || covers(a, b) || covers(b, a))
}
