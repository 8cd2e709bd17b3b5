package path

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// listening returns the addresses of this machine at which a program listens
// on a port (proc_pid_net(5)).
func listening(network string, port uint16) (at []netip.Addr) {
	for _, table := range [...]string{network, network + "6"} {
		f, err := os.Open("/proc/net/" + table)
		if err != nil {
			continue
		}
		for rows := bufio.NewScanner(f); rows.Scan(); {
			col := strings.Fields(rows.Text())
			const listen = "0A" // TCP_LISTEN
			if len(col) < 4 || network == "tcp" && col[3] != listen {
				continue
			}
			if ip, n := parseProc(col[1]); n == port && ip.IsValid() && !slices.Contains(at, ip) {
				at = append(at, ip)
			}
		}
		f.Close()
	}
	return at
}

// parseProc reads an address as /proc/net/tcp has it: each four bytes are
// written as a number of this machine, as in 0100007F:1F90.
func parseProc(s string) (netip.Addr, uint16) {
	host, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(host)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil || len(b)%4 != 0 {
		return netip.Addr{}, 0
	}
	for i := 0; i < len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	ip, _ := netip.AddrFromSlice(b)
	return ip.Unmap(), uint16(n)
}
