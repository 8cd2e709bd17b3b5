package cli

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gonc/internal/testutil"
)

// The child that systemd-socket-activate or a shell starts is this test
// binary: gonc under that name (TestMain).

// activate begins a gonc that is started with the first connection to a
// listening socket at, and gets that socket.
func activate(t *testing.T, at string, flags []string, args ...string) *process {
	t.Helper()
	if _, err := exec.LookPath("systemd-socket-activate"); err != nil {
		t.Skip(err)
	}
	name, err := exec.LookPath("gonc")
	check(t, err)
	all := append(append([]string{"-l", at}, flags...), name)
	p := begin(t, newProcess("systemd-socket-activate", append(all, args...)...))
	await(t, p, "Listening on")
	return p
}

func TestSocketActivation(t *testing.T) {
	t.Run("tcp", func(t *testing.T) {
		port := testutil.FreePort(t)
		p := activate(t, "127.0.0.1:"+port, nil, "-l", "--socket-activation")
		c := gonc(strings.NewReader("data"), "127.0.0.1", port)
		complete(t, c)
		wantStatus(t, c, "0")
		wantStatus(t, p, "0")
		wantPrinted(t, p, "data")
	})
	t.Run("many", func(t *testing.T) {
		port := testutil.FreePort(t)
		activate(t, "127.0.0.1:"+port, nil, "-l", "-k", "--reply", "ACK", "--socket-activation")
		for range 3 {
			c := complete(t, gonc(strings.NewReader("x"), "127.0.0.1", port))
			wantPrinted(t, c, "ACK")
		}
	})
	t.Run("unix", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "socket")
		p := activate(t, path, nil, "-lU", "--socket-activation")
		complete(t, gonc(strings.NewReader("data"), "-U", path))
		wantStatus(t, p, "0")
		wantPrinted(t, p, "data")
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("the file of the service manager: %v", err)
		}
	})
	t.Run("udp", func(t *testing.T) {
		port := testutil.FreePort(t)
		p := activate(t, "127.0.0.1:"+port, []string{"--datagram"}, "-lu", "-W1", "--socket-activation")
		complete(t, gonc(strings.NewReader("data"), "-u", "127.0.0.1", port))
		wantStatus(t, p, "0")
		wantPrinted(t, p, "data")
	})
}

// TestSocketActivationLies starts gonc with what a service manager would not
// pass.
func TestSocketActivationLies(t *testing.T) {
	const run = `LISTEN_PID=$$ LISTEN_FDS="$0" exec gonc "$@"`
	ln := listenTCP(t)
	listening, err := ln.File()
	check(t, err)
	defer listening.Close()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(t, err)
	defer pc.Close()
	datagrams, err := pc.(*net.UDPConn).File()
	check(t, err)
	defer datagrams.Close()
	for _, test := range []struct {
		name, count string
		file        *os.File
		want        string
	}{
		{"not set", "", nil, "no sockets were passed: LISTEN_FDS is not set"},
		{"no number", "x", nil, `LISTEN_FDS is not a number of sockets: "x"`},
		{"too many", "99999999", nil, `LISTEN_FDS is not a number of sockets: "99999999"`},
		{"closed", "1", nil, "descriptor 3 is not a socket that listens: "},
		{"a file", "1", open(t, os.DevNull, os.O_RDONLY), "descriptor 3 is not a socket that listens: "},
		{"datagrams", "1", datagrams, "descriptor 3 is not a socket of this kind but of UDP"},
		{"another closed", "2", listening, "descriptor 4 is not a socket that listens: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newProcess("sh", "-c", run, test.count, "-l", "--socket-activation")
			if test.file != nil {
				p.cmd.ExtraFiles = []*os.File{test.file}
			}
			complete(t, p)
			wantStatus(t, p, "2")
			if !strings.Contains(p.stderr.String(), "gonc: "+test.want) {
				t.Errorf("%s, want %s", p.stderr.String(), test.want)
			}
		})
	}
	t.Run("another process", func(t *testing.T) {
		p := complete(t, newProcess("sh", "-c", `LISTEN_PID=1 LISTEN_FDS=1 exec gonc -l --socket-activation`))
		wantStatus(t, p, "2")
	})
}
