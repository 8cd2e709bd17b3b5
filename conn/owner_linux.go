package conn

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// PortOwner returns which program of this machine has a port, as "name (pid
// 123)", or "" when that cannot be known: only root sees the programs of other
// users. network is "tcp" or "udp". The socket is found in /proc/net, its
// owner by the links in /proc/pid/fd (proc(5)).
func PortOwner(network, port string) string {
	n, err := ParsePort(network, port)
	if err != nil {
		return ""
	}
	inodes := make(map[string]bool)
	for _, table := range []string{network, network + "6"} {
		boundInodes("/proc/net/"+table, n, network == "tcp", inodes)
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

// boundInodes adds the sockets of a table that are bound to port, and listen
// if that is asked for, as their links are written: socket:[123].
func boundInodes(table string, port uint16, listening bool, inodes map[string]bool) {
	f, err := os.Open(table)
	if err != nil {
		return
	}
	defer f.Close()
	tail := fmt.Sprintf(":%04X", port)
	for rows := bufio.NewScanner(f); rows.Scan(); {
		col := strings.Fields(rows.Text())
		if len(col) > 9 && strings.HasSuffix(col[1], tail) && (!listening || col[3] == "0A") {
			inodes["socket:["+col[9]+"]"] = true
		}
	}
}
