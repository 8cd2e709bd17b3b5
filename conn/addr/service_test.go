package addr

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

const servicesFixture = `# comment
ssh		22/tcp				# SSH
domain		53/tcp
domain		53/udp
http		80/tcp		www		# WorldWideWeb HTTP
www-other	80/tcp
http-alt	8080/tcp	webcache
syslog		514/udp
#gone		515/tcp
bad		x/tcp
big		70000/tcp
short
none		99
`

func TestServiceName(t *testing.T) {
	file := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(file, []byte(servicesFixture), 0o644); err != nil {
		t.Fatal(err)
	}
	withServices(t, file)
	for _, tt := range []struct {
		network string
		port    uint16
		want    string
	}{
		{"tcp", 22, "ssh"},
		{"tcp4", 22, "ssh"},
		{"tcp6", 80, "http"},
		{"udp", 53, "domain"},
		{"tcp", 8080, "http-alt"},
		{"udp", 22, ""},
		{"tcp", 514, ""},
		{"udp6", 514, "syslog"},
		{"tcp", 515, ""},
		{"tcp", 4464, ""}, // 70000 modulo 65536
		{"tcp", 0, ""},
		{"tcp", 99, ""},
	} {
		if got := Service(tt.network, tt.port); got != tt.want {
			t.Errorf("%s %d: %q, want %q", tt.network, tt.port, got, tt.want)
		}
	}
}

func TestServiceNameWithoutTable(t *testing.T) {
	withServices(t, filepath.Join(t.TempDir(), "none"))
	if got := Service("tcp", 80); got != "" {
		t.Errorf("got %q", got)
	}
}

func withServices(t *testing.T, file string) {
	oldFile, old := servicesFile, services
	t.Cleanup(func() { servicesFile, services = oldFile, old })
	servicesFile, services = file, sync.OnceValue(readServices)
}
