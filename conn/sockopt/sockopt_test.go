package sockopt

import (
	"errors"
	"net"
	"runtime"
	"testing"
)

func TestParseTOS(t *testing.T) {
	for s, want := range map[string]int{
		"af11": 0x28, "AF43": 0x98, "cs0": 0, "cs7": 0xe0, "ef": 0xb8, "va": 0xb0,
		"critical": 0xa0, "inetcontrol": 0xc0, "netcontrol": 0xe0, "lowcost": 2,
		"lowdelay": 0x10, "throughput": 8, "reliability": 4,
		"Minimize-Delay": 0x10, "Maximize-Throughput": 8, "Maximize-Reliability": 4, "Minimize-Cost": 2,
		"0": 0, "255": 255, "010": 10, "0x0": 0, "0xff": 255, "0XB8": 0xb8,
	} {
		if got, err := ParseTOS(s); err != nil || got != want {
			t.Errorf("ParseTOS(%q) = %#x, %v, want %#x", s, got, err, want)
		}
	}
	for _, s := range []string{"", "nonsense", "256", "0x100", "-1", "+1", "0x", "ff", "1_0", "0b1", " 1", "af44"} {
		if got, err := ParseTOS(s); err == nil {
			t.Errorf("ParseTOS(%q) = %#x", s, got)
		}
	}
}

// TestOptionMissing has one option that no system with tests has: it is an
// error that names the system.
func TestOptionMissing(t *testing.T) {
	lc := net.ListenConfig{Control: Control([]Option{anyFamily(sockopt{name: "nothing"}, 1)})}
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err == nil {
		ln.Close()
	}
	var e *Error
	if !errors.As(err, &e) || e.Error() != "set nothing to 1: "+runtime.GOOS+" has no such option" {
		t.Error(err)
	}
}

// TestControlAll stops at the first option that fails.
func TestControlAll(t *testing.T) {
	failed := errors.New("failed")
	ran := 0
	lc := net.ListenConfig{Control: Control([]Option{
		func(network string, _ uintptr) error { ran++; return nil },
		func(network string, _ uintptr) error { ran++; return failed },
		func(network string, _ uintptr) error { ran++; return nil },
	})}
	lc.SetMultipathTCP(false) // which would be tried again as plain TCP
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err == nil {
		ln.Close()
	}
	if !errors.Is(err, failed) || ran != 2 {
		t.Error(err, ran)
	}
	if Control(nil) != nil {
		t.Error("nothing to set costs a call")
	}
}
