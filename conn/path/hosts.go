package path

import (
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
)

// An Origin is where the address of a name came from.
type Origin struct {
	Name string
	File string // the file that has it, or "" for the name service
	Line int
}

// OriginOf tells whether the hosts file (hosts(5)) gives a name that address.
func OriginOf(name string, ip netip.Addr) Origin {
	return originIn(hostsFile(), name, ip)
}

func originIn(file, name string, ip netip.Addr) Origin {
	o := Origin{Name: name}
	b, err := os.ReadFile(file)
	if err != nil {
		return o
	}
	number := 0
	for line := range strings.Lines(string(b)) {
		number++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		at, err := netip.ParseAddr(words[0])
		same := func(word string) bool { return strings.EqualFold(word, strings.TrimSuffix(name, ".")) }
		if err == nil && at.Unmap() == ip.Unmap() && slices.ContainsFunc(words[1:], same) {
			o.File, o.Line = file, number
			return o
		}
	}
	return o
}

func hostsFile() string {
	if runtime.GOOS == "windows" {
		return os.Getenv("SystemRoot") + `\System32\drivers\etc\hosts`
	}
	return "/etc/hosts"
}
