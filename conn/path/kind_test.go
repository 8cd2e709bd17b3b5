package path

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

func TestKindOf(t *testing.T) {
	vmware := net.HardwareAddr{0x00, 0x0c, 0x29, 1, 2, 3}
	docker := net.HardwareAddr{0x02, 0x42, 0xac, 0x11, 0, 2}
	for _, c := range []struct {
		machine machine
		name    string
		mac     net.HardwareAddr
		prefix  string
		want    Kind
	}{
		{machine{}, "eth0", nil, "192.168.1.5/24", LAN},
		{machine{}, "eth0", nil, "198.51.100.5/24", Public},
		{machine{}, "eth0", nil, "2001:db8::5/64", Public},
		{machine{}, "eth0", nil, "fd00::5/64", LAN},
		{machine{}, "eth0", nil, "fe80::5/64", LinkLocal},
		{machine{}, "eth0", nil, "169.254.1.1/16", LinkLocal},
		{machine{}, "eth0", nil, "100.64.0.1/10", Carrier},
		{machine{}, "enp0s3", nil, "10.0.2.15/24", NATGuest},
		{machine{}, "enp0s8", nil, "192.168.56.101/24", HostOnly},
		{machine{}, "vboxnet1", nil, "192.168.99.1/24", HostOnly},
		{machine{}, "docker0", nil, "172.17.0.1/16", ContainerHost},
		{machine{}, "br-0123456789ab", nil, "172.18.0.1/16", ContainerHost},
		{machine{}, "br-lan", nil, "192.168.1.1/24", LAN},
		{machine{}, "virbr0", nil, "192.168.122.1/24", LibvirtHost},
		{machine{}, "ens3", nil, "192.168.122.7/24", LibvirtGuest},
		{machine{}, "eth0", docker, "172.18.0.2/16", ContainerGuest},
		{machine{}, "eth0", nil, "172.18.0.2/16", LAN},
		{machine{}, "vmnet8", nil, "192.168.80.1/24", VMwareHost},
		{machine{}, "ens33", vmware, "192.168.80.128/24", VMwareGuest},
		{machine{wsl: true}, "eth0", nil, "172.28.3.4/20", WSLGuest},
		{machine{}, "vEthernet (WSL (Hyper-V firewall))", nil, "172.28.0.1/20", WSLHost},
		{machine{}, "wg0", nil, "10.8.0.2/24", Tunnel},
	} {
		if got := c.machine.kindOf(net.Interface{Name: c.name, HardwareAddr: c.mac}, netip.MustParsePrefix(c.prefix)); got != c.want {
			t.Errorf("%s %s: %v, want %v", c.name, c.prefix, got, c.want)
		}
	}
}

func TestOriginOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(file, []byte("127.0.0.1 localhost\n\n# 192.0.2.1 db\n192.0.2.7\tweb DB # old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddr("192.0.2.7")
	if got, want := originIn(file, "db", at), (Origin{"db", file, 4}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := originIn(file, "db", netip.MustParseAddr("192.0.2.8")), (Origin{Name: "db"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := originIn(file+"x", "db", at), (Origin{Name: "db"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestBeside(t *testing.T) {
	for at, want := range map[string]int{"192.0.2.1:9999": 4, "192.0.2.1:22": 3, "192.0.2.1:23": 3, "192.0.2.1:1": 3, "192.0.2.1:65535": 3} {
		if got := Beside(netip.MustParseAddrPort(at)); len(got) != want {
			t.Errorf("beside %s: %v", at, got)
		}
	}
}

// What this machine says about itself does not fail anywhere.
func TestLookLoopback(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := l.Addr().(*net.TCPAddr).AddrPort()
	w := Look("tcp", at)
	if !w.Own || w.Like != Loopback {
		t.Errorf("%+v", w)
	}
	if a := Probe(t.Context(), at); a.Outcome != Accepted || a.Addr != at {
		t.Errorf("%+v", a)
	}
	l.Close()
	if a := Probe(t.Context(), at); a.Outcome != Refused {
		t.Errorf("%+v", a)
	}
}
