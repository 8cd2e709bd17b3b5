package addr

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
)

// servicesFile is the system's table of services. A system that keeps it
// elsewhere, or has none, has no names for its ports.
var servicesFile = "/etc/services"

// services reads the table when it is asked for the first time: no other use
// of the program should pay for it.
var services = sync.OnceValue(readServices)

type service struct {
	protocol string
	port     uint16
}

// Service returns the name of the service that port belongs to, the other
// way round from net.LookupPort, or "" when the system has no name for it.
// network is "tcp" or "udp", also with a 4 or 6 behind.
func Service(network string, port uint16) string {
	return services()[service{strings.TrimRight(network, "46"), port}]
}

func readServices() map[service]string {
	f, err := os.Open(servicesFile)
	if err != nil {
		return nil
	}
	defer f.Close()
	return parseServices(f)
}

// parseServices reads lines of "name port/protocol aliases… # comment", see
// services(5), and skips what is none. The first name of a port counts, as it
// does for getservbyport(3).
func parseServices(r io.Reader) map[service]string {
	names := make(map[service]string)
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		number, protocol, ok := strings.Cut(fields[1], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if !ok || err != nil {
			continue
		}
		key := service{protocol, uint16(port)}
		if _, known := names[key]; !known {
			names[key] = fields[0]
		}
	}
	return names
}
