//go:build linux

package cli

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// While the reader of standard output, or the peer, takes nothing, waiting
// costs nothing (golang/go#75304), and a signal still ends it.
func TestWaitingCostsNothing(t *testing.T) {
	for _, blocked := range []string{"standard output", "the peer", "both"} {
		t.Run(blocked, func(t *testing.T) {
			t.Parallel()
			p := accept(t, "tcp")
			client := gonc(nil, "127.0.0.1", p.port())
			r, w, err := os.Pipe()
			check(t, err)
			defer r.Close()
			client.cmd.Stdout = w
			idlePipe(t, client)
			begin(t, client)
			w.Close()
			c := connection(t, p)
			if blocked != "the peer" {
				c.SetDeadline(time.Now().Add(500 * time.Millisecond))
				c.Write(make([]byte, 64<<20))
			}
			if blocked != "standard output" {
				go client.stdin.Write(make([]byte, 64<<20))
			}
			awaitRest(t, client)
			client.cmd.Process.Signal(syscall.SIGTERM)
			wantStatus(t, client, "terminated")
		})
	}
}

// Standard input and output that cannot be read or written are said, with
// status 2.
func TestUselessDescriptors(t *testing.T) {
	for script, text := range map[string]string{
		`exec "$@" <.`:          "gonc: standard input could not be read: Is a directory\n",
		`exec "$@" 1</dev/null`: "gonc: standard output could not be written: Bad file descriptor\n",
	} {
		t.Run(script, func(t *testing.T) {
			p := accept(t, "tcp")
			client := begin(t, shell(script, "127.0.0.1", p.port()))
			p.send([]byte("data")) // it may meet the reset of a client that cannot read its input
			p.shut()
			wantStatus(t, client, "2")
			if got := client.stderr.String(); got != text {
				t.Errorf("it said %q, not %q", got, text)
			}
		})
	}
}

// With standard input closed, OpenBSD nc and busybox print nothing
// and ncat hangs; a socket becomes descriptor 0. Here a closed input is empty,
// a closed output /dev/null.
func TestClosedDescriptors(t *testing.T) {
	data := string(payload(100 << 10))
	for _, closed := range []string{"<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"} {
		t.Run("connect "+closed, func(t *testing.T) {
			p := accept(t, "tcp")
			client := shell(`exec "$@" `+closed, "127.0.0.1", p.port())
			client.cmd.Stdin = strings.NewReader("request")
			begin(t, client)
			request := "request"
			if strings.Contains(closed, "<") {
				request = ""
			}
			check(t, p.recv([]byte(request)))
			check(t, p.recvEOF())
			check(t, p.send([]byte(data)))
			p.close()
			wantStatus(t, client, "0")
			want := data
			if strings.Contains(" "+closed, " >") {
				want = ""
			}
			wantPrinted(t, client, want)
			if client.stderr.String() != "" {
				t.Errorf("it said %q", client.stderr.String())
			}
		})
		t.Run("listen "+closed, func(t *testing.T) {
			port := testutil.FreePort(t)
			server := shell(`exec "$@" `+closed, "-l", "127.0.0.1", port)
			begin(t, server)
			p := dial(t, "tcp", port)
			check(t, p.send([]byte(data)))
			check(t, p.shut())
			check(t, p.recvEOF())
			wantStatus(t, server, "0")
			want := data
			if strings.Contains(" "+closed, " >") {
				want = ""
			}
			wantPrinted(t, server, want)
		})
	}
}
