//go:build linux

package cli

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The signals that end a program end this one, as the shell sees it
// (traditional: status 1), whatever it does.
func TestSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		for _, how := range [][]string{nil, {"-k"}, {"--http"}, {"-u"}, {"-u", "-k"}, {"--reply", "x", "-k"}} {
			t.Run(s.String()+" "+strings.Join(how, " "), func(t *testing.T) {
				t.Parallel()
				server, _ := listening(t, nil, how...)
				server.cmd.Process.Signal(s)
				wantStatus(t, server, s.String())
				wantPrinted(t, server, "")
				if text := server.stderr.String(); strings.Contains(text, s.String()) {
					t.Errorf("it said %q", text)
				}
			})
		}
	}
}

// nohup, and the & of a shell without job control, start programs with
// signals ignored; they stay so. (SIGTERM would not: of an ignored signal the
// Go runtime keeps only these two, see os/signal.)
func TestIgnoredSignals(t *testing.T) {
	for _, s := range []struct {
		script string
		syscall.Signal
	}{
		{`trap '' HUP && exec "$@"`, syscall.SIGHUP},
		{`trap '' INT && exec "$@"`, syscall.SIGINT},
		{`exec nohup "$@"`, syscall.SIGHUP},
	} {
		t.Run(s.script, func(t *testing.T) {
			server := shell(s.script, "-v", "-l", "127.0.0.1", "0")
			port := beginListening(t, server)
			server.cmd.Process.Signal(s.Signal)
			p := dial(t, "tcp", port)
			check(t, p.send([]byte("data")))
			server.cmd.Process.Signal(s.Signal)
			check(t, p.shut())
			wantStatus(t, server, "0")
			wantPrinted(t, server, "data")
		})
	}
}

// Standard input that another program made non-blocking (ssh does) is waited
// for all the same.
func TestNonblockingStdin(t *testing.T) {
	p := accept(t, "tcp")
	r, w, err := os.Pipe()
	check(t, err)
	syscall.SetNonblock(int(r.Fd()), true)
	client := shell(`exec "$@"`, "127.0.0.1", p.port())
	client.cmd.Stdin = r
	begin(t, client)
	time.Sleep(50 * time.Millisecond)
	w.Write([]byte("data"))
	check(t, p.recv([]byte("data")))
	w.Close()
	check(t, p.recvEOF())
	p.close()
	wantStatus(t, client, "0")
}
