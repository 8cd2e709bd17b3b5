package cli

import (
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// lastPort is the last port that freePorts gave.
var lastPort atomic.Int32

func init() { lastPort.Store(int32(10000 + os.Getpid()%1500*10)) }

// freePorts returns five ports in a row that are not in use, below those that
// the system gives away, and without names, which programs would print.
func freePorts(t *testing.T) (ports [5]int) {
	t.Helper()
next:
	for range 1000 {
		first := int(lastPort.Add(5)) - 5
		for i := range ports {
			if ports[i] = first + i; !isFree(ports[i]) {
				continue next
			}
		}
		return ports
	}
	t.Fatal("no port is free")
	return
}

var services = sync.OnceValue(func() string {
	b, _ := os.ReadFile("/etc/services")
	return string(b)
})

func isFree(port int) bool {
	if strings.Contains(services(), strconv.Itoa(port)+"/") {
		return false
	}
	at := ":" + strconv.Itoa(port)
	ln, err := net.Listen("tcp", at)
	if err != nil {
		return false
	}
	ln.Close()
	pc, err := net.ListenPacket("udp", at)
	if err != nil {
		return false
	}
	pc.Close()
	return true
}

// loopback4 returns where a test finds the server at port.
func loopback4(port string) string { return net.JoinHostPort("127.0.0.1", port) }
