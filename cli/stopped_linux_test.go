package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
)

// stop stops p, and returns when each of its threads has stopped.
func stop(t *testing.T, p *process) {
	t.Helper()
	check(t, p.cmd.Process.Signal(syscall.SIGSTOP))
	testutil.Eventually(t, "the program is stopped", func() bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", p.cmd.Process.Pid))
		check(t, err)
		return !slices.ContainsFunc(threads, func(name string) bool {
			stat, _ := os.ReadFile(name) // "PID (COMMAND) STATE …", proc_pid_stat(5)
			return !bytes.Contains(stat, []byte(") T "))
		})
	})
}

// stopFor stops p for some seconds. during is called when it has been stopped.
func stopFor(t *testing.T, p *process, during func()) {
	t.Helper()
	stop(t, p)
	during()
	time.Sleep(4 * time.Second)
	check(t, p.cmd.Process.Signal(syscall.SIGCONT))
}

// stops are limits on idleness longer and shorter than stopFor, with something
// sent to the stopped program and with nothing sent.
var stops = []struct {
	limit       string
	sends, ends bool
}{
	{"30", true, false},
	{"30", false, false},
	{"2", true, false}, // what came in time was in time, although it is read late
	{"2", false, true},
}

// passBoth sends b from each side to the other one.
func passBoth(t *testing.T, a, b io.ReadWriter, data []byte) {
	t.Helper()
	for _, c := range [][2]io.ReadWriter{{a, b}, {b, a}} {
		_, err := c[0].Write(data)
		check(t, err)
		wantNext(t, c[1], data)
	}
}

func wantNext(t *testing.T, r io.Reader, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(r, got)
	check(t, err)
	wantSame(t, "received", got, want)
}

// A forwarder that was stopped goes on with all that came meanwhile, or finds
// the connection idle: then both sides are reset.
func TestForwardStopped(t *testing.T) {
	skipShort(t)
	data := payload(20000)
	all := newCrowd(t, len(stops))
	defer all.wait()
	for _, c := range stops {
		all.run(fmt.Sprintf("limit %s, sends %v", c.limit, c.sends), func(t *testing.T) {
			ln := listenTCP(t)
			p, port := listening(t, nil, "-k", "--to", ln.Addr().String(), "--idle-timeout", c.limit)
			client, target := throughPair(t, ln, port)
			passBoth(t, client, target, data)
			stopFor(t, p, func() {
				if c.sends {
					client.Write(data)
					target.Write(data)
				}
			})
			if c.ends {
				wantReset(t, client, "the client reads")
				wantReset(t, target, "the target reads")
				return
			}
			if c.sends {
				wantNext(t, client, data)
				wantNext(t, target, data)
			}
			passBoth(t, client, target, data)
			client.CloseWrite()
			wantAll(t, target, nil)
			target.Close()
			wantAll(t, client, nil)
		})
	}
}

// So does a client, and its status says which it was.
func TestClientStopped(t *testing.T) {
	skipShort(t)
	data := payload(20000)
	all := newCrowd(t, len(stops))
	defer all.wait()
	for _, c := range stops {
		all.run(fmt.Sprintf("limit %s, sends %v", c.limit, c.sends), func(t *testing.T) {
			peer := accept(t, "tcp")
			p := gonc(nil, "--idle-timeout", c.limit, "127.0.0.1", peer.port())
			idlePipe(t, p)
			begin(t, p)
			p.stdin.Write(data)
			check(t, peer.recv(data))
			stopFor(t, p, func() {
				if c.sends {
					check(t, peer.send(data))
					p.stdin.Write(data)
				}
			})
			if c.ends {
				wantStatus(t, p, "1")
				return
			}
			if c.sends {
				check(t, peer.recv(data))
				awaitLength(t, p, len(data))
			}
			p.stdin.Write(data)
			check(t, peer.recv(data))
			p.stdin.Close()
			check(t, peer.recvEOF())
			peer.close()
			wantStatus(t, p, "0")
		})
	}
}
