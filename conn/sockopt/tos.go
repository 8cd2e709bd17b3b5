package sockopt

import (
	"fmt"
	"strconv"
	"strings"
)

// tosNames are the keywords of OpenBSD's nc (those of <netinet/ip.h>: the
// code points of RFC 2474, 2597 and 3246, the precedences and bits of RFC 791
// and 1349), and after them the words of the traditional netcat.
var tosNames = [...]struct {
	name string
	tos  int
}{
	{"af11", 0x28}, {"af12", 0x30}, {"af13", 0x38},
	{"af21", 0x48}, {"af22", 0x50}, {"af23", 0x58},
	{"af31", 0x68}, {"af32", 0x70}, {"af33", 0x78},
	{"af41", 0x88}, {"af42", 0x90}, {"af43", 0x98},
	{"cs0", 0x00}, {"cs1", 0x20}, {"cs2", 0x40}, {"cs3", 0x60},
	{"cs4", 0x80}, {"cs5", 0xa0}, {"cs6", 0xc0}, {"cs7", 0xe0},
	{"critical", 0xa0},
	{"ef", 0xb8},
	{"inetcontrol", 0xc0},
	{"lowcost", 0x02},
	{"lowdelay", 0x10},
	{"netcontrol", 0xe0},
	{"reliability", 0x04},
	{"throughput", 0x08},
	{"va", 0xb0}, // RFC 5865

	{"minimize-cost", 0x02},
	{"maximize-reliability", 0x04},
	{"maximize-throughput", 0x08},
	{"minimize-delay", 0x10},
}

// ParseTOS returns the type of service that s stands for: a keyword, whose
// case does not matter, or a number up to 255, decimal or hexadecimal after 0x.
func ParseTOS(s string) (int, error) {
	lower := strings.ToLower(s)
	for _, keyword := range tosNames {
		if keyword.name == lower {
			return keyword.tos, nil
		}
	}
	digits, base := lower, 10
	if hex, ok := strings.CutPrefix(lower, "0x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 8)
	if err != nil {
		return 0, fmt.Errorf("illegal tos value %q", s)
	}
	return int(n), nil
}
