//go:build linux

package cli

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Each test here is a fault that another netcat has; the numbers are those
// of the survey of netcats that gonc began with: what it showed, and with
// which of them, stands in the comment.

// payload returns n random bytes.
func payload(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

// fileWith returns an open file that holds b.
func fileWith(t *testing.T, b []byte) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, name, os.O_RDONLY)
}

func open(t *testing.T, name string, flags int) *os.File {
	t.Helper()
	f, err := os.OpenFile(name, flags, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// stage returns a peer that listens.
func stage(t *testing.T, network string) *peer {
	t.Helper()
	p, err := newPeer(network)
	check(t, err)
	t.Cleanup(p.close)
	return p
}

// visit returns a peer that connects.
func visit(t *testing.T, network, port string) *peer {
	t.Helper()
	p, err := dialPeer(network, "127.0.0.1:"+port)
	check(t, err)
	t.Cleanup(p.close)
	return p
}

// accepted returns the connection of p.
func accepted(t *testing.T, p *peer) net.Conn {
	t.Helper()
	c, err := p.conn()
	check(t, err)
	return c
}

// wantSame compares much data.
func wantSame(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, which are not the %d that were sent", what, len(got), len(want))
	}
}

// shell returns a gonc whose descriptors a shell sets up: script has "$@" for it.
func shell(script string, args ...string) *process {
	return newProcess("sh", append([]string{"-c", script, "sh", "gonc"}, args...)...)
}

// With nothing to say themselves, traditional and busybox end at
// the peer's FIN (or at their own end) and lose megabytes, with status 0.
func TestOneSideHasNothingToSay(t *testing.T) {
	want := payload(20 << 20)
	t.Run("to the listener", func(t *testing.T) {
		server, port := listening(t, nil)
		client := complete(t, gonc(fileWith(t, want), "127.0.0.1", port))
		wantStatus(t, client, "0")
		wantStatus(t, server, "0")
		wantSame(t, "received", []byte(server.stdout.String()), want)
	})
	t.Run("from the listener", func(t *testing.T) {
		server, port := listening(t, fileWith(t, want))
		client := complete(t, gonc(nil, "127.0.0.1", port))
		wantStatus(t, client, "0")
		wantStatus(t, server, "0")
		wantSame(t, "received", []byte(client.stdout.String()), want)
	})
}

// Both at once, from files and from pipes (which are moved in other ways).
func TestBothSidesHaveMuchToSay(t *testing.T) {
	there, back := payload(20<<20), payload(10<<20)
	for kind, reader := range map[string]func([]byte) io.Reader{
		"files": func(b []byte) io.Reader { return fileWith(t, b) },
		"pipes": func(b []byte) io.Reader { return bytes.NewReader(b) },
	} {
		t.Run(kind, func(t *testing.T) {
			server, port := listening(t, reader(back))
			client := complete(t, gonc(reader(there), "127.0.0.1", port))
			wantStatus(t, client, "0")
			wantStatus(t, server, "0")
			wantSame(t, "received by the listener", []byte(server.stdout.String()), there)
			wantSame(t, "received by the client", []byte(client.stdout.String()), back)
		})
	}
}

// Closing a socket that holds unread input makes the kernel drop
// what was still to be sent; ncat --send-only, traditional -q 0 and socat -u
// lose more than half of an upload to a peer that says something meanwhile.
func TestUploadToAPeerThatTalks(t *testing.T) {
	want := payload(5 << 20)
	for _, how := range [][]string{nil, {"--send-only"}, {"-q", "0"}, {"-q", "5"}} {
		t.Run(strings.Join(how, " "), func(t *testing.T) {
			p := stage(t, "tcp")
			client := begin(t, gonc(fileWith(t, want), append(how, "127.0.0.1", p.port())...))
			got := listenAndTalk(t, accepted(t, p))
			wantStatus(t, client, "0")
			wantSame(t, "received", got, want)
		})
	}
}

// listenAndTalk reads slowly until the end and says something after each read.
func listenAndTalk(t *testing.T, c net.Conn) (got []byte) {
	defer c.Close()
	buf := make([]byte, 256<<10)
	for {
		time.Sleep(2 * time.Millisecond)
		n, err := c.Read(buf)
		got = append(got, buf[:n]...)
		if err == io.EOF {
			return got
		}
		if err != nil {
			t.Errorf("after %d bytes: %v", len(got), err)
			return got
		}
		c.Write([]byte("got it\n"))
	}
}

// Bytes that the peer does not take show in the status.
func TestUploadThatIsNotTaken(t *testing.T) {
	want := payload(20 << 20)
	for _, how := range [][]string{{"-w", "300ms"}, {"--idle-timeout", "300ms"}} {
		t.Run(strings.Join(how, " "), func(t *testing.T) {
			t.Parallel()
			p := stage(t, "tcp")
			client := begin(t, gonc(fileWith(t, want), append(how, "127.0.0.1", p.port())...))
			accepted(t, p)
			wantStatus(t, client, "1")
			if text := client.stderr.String(); !strings.Contains(text, "could not be delivered") {
				t.Errorf("it said %q", text)
			}
			// The limit is the user's: no other time is added to it.
			if client.took > 2*time.Second {
				t.Errorf("it ended after %v", client.took)
			}
		})
	}
	t.Run("closed", func(t *testing.T) {
		p := stage(t, "tcp")
		client := begin(t, gonc(fileWith(t, want), "127.0.0.1", p.port()))
		c := accepted(t, p)
		c.Read(make([]byte, 1))
		c.Close()
		wantStatus(t, client, "1")
	})
}

// OpenBSD nc prints nothing of what came before a reset; only ncat
// has a status that shows it.
func TestResetAfterData(t *testing.T) {
	want := payload(60000)
	for _, stdin := range []string{"idle", "ended"} {
		t.Run(stdin, func(t *testing.T) {
			p := stage(t, "tcp")
			client := gonc(nil, "127.0.0.1", p.port())
			if stdin == "idle" {
				idlePipe(t, client)
			}
			begin(t, client)
			c := accepted(t, p)
			if stdin == "ended" {
				check(t, p.recvEOF())
			}
			check(t, p.send(want[:1]))
			awaitLength(t, client, 1)
			// It is stopped, so that all of it is unread when the reset comes.
			client.cmd.Process.Signal(syscall.SIGSTOP)
			c.Write(want[1:])
			awaitSent(t, c)
			p.reset()
			client.cmd.Process.Signal(syscall.SIGCONT)
			wantStatus(t, client, "1")
			wantSame(t, "received", []byte(client.stdout.String()), want)
			if text := client.stderr.String(); !strings.Contains(text, "Connection reset by peer") {
				t.Errorf("it said %q", text)
			}
		})
	}
}

// idlePipe gives p a standard input that stays open until the test ends.
func idlePipe(t *testing.T, p *process) {
	t.Helper()
	check(t, p.pipeStdin())
}

// A reset ends the program also while it has nothing to send, after it has
// sent something: a pipe on standard input that idles must not hang it.
func TestResetWhileStdinIdles(t *testing.T) {
	for _, half := range []bool{false, true} {
		t.Run(fmt.Sprintf("half-closed before: %v", half), func(t *testing.T) {
			p := stage(t, "tcp")
			client := gonc(nil, "127.0.0.1", p.port())
			idlePipe(t, client)
			begin(t, client)
			client.stdin.Write([]byte("request"))
			check(t, p.recv([]byte("request")))
			check(t, p.send([]byte("reply")))
			if half {
				check(t, p.shut())
			}
			_, err := client.await(&client.stdout, "reply")
			check(t, err)
			p.reset()
			wantStatus(t, client, "1")
		})
	}
}

// OpenBSD nc ends with status 0 when standard output is full.
func TestStdoutFull(t *testing.T) {
	const full = "standard output could not be written: No space left on device"
	wantFull := func(t *testing.T, p *process) {
		t.Helper()
		wantStatus(t, p, "2")
		if lines(p.stderr.String(), "gonc: "+full) != 1 {
			t.Errorf("it said %q", p.stderr.String())
		}
	}
	t.Run("connect", func(t *testing.T) {
		p := stage(t, "tcp")
		client := gonc(nil, "127.0.0.1", p.port())
		idlePipe(t, client)
		client.cmd.Stdout = open(t, "/dev/full", os.O_WRONLY)
		begin(t, client)
		check(t, p.send([]byte("data")))
		wantFull(t, client)
	})
	for _, how := range [][]string{nil, {"-k"}, {"-u"}, {"-u", "-k"}, {"--reply", "x"}, {"-k", "--reply", "x"}} {
		t.Run("listen "+strings.Join(how, " "), func(t *testing.T) {
			server := gonc(nil, append(how, "-v", "-l", "127.0.0.1", "0")...)
			server.cmd.Stdout = open(t, "/dev/full", os.O_WRONLY)
			begin(t, server)
			port, err := server.port()
			check(t, err)
			network := "tcp"
			if slices.Contains(how, "-u") {
				network = "udp"
			}
			check(t, visit(t, network, port).send([]byte("data")))
			wantFull(t, server)
		})
	}
	t.Run("help", func(t *testing.T) {
		p := gonc(nil, "-h")
		p.cmd.Stdout = open(t, "/dev/full", os.O_WRONLY)
		begin(t, p)
		wantFull(t, p)
	})
}

// With the reader of standard output gone, OpenBSD nc hangs until
// standard input ends.
func TestStdoutReaderGone(t *testing.T) {
	p, client, r := headOf(t, "hello")
	r.Close()
	check(t, p.send([]byte(" and more")))
	wantStatus(t, client, "broken pipe")
	if text := client.stderr.String(); text != "" {
		t.Errorf("it said %q", text)
	}
}

// headOf returns a client with an idle standard input, what it is connected to,
// and its standard output, of which text has been read.
func headOf(t *testing.T, text string) (p *peer, client *process, r *os.File) {
	p = stage(t, "tcp")
	client = gonc(nil, "127.0.0.1", p.port())
	idlePipe(t, client)
	r, w, err := os.Pipe()
	check(t, err)
	t.Cleanup(func() { r.Close() })
	client.cmd.Stdout = w
	begin(t, client)
	w.Close()
	check(t, p.send([]byte(text)))
	_, err = io.ReadFull(r, make([]byte, len(text)))
	check(t, err)
	return p, client, r
}

// A server whose output has lost its reader ends as well, and so does one
// that has many connections.
func TestStdoutReaderOfAServerGone(t *testing.T) {
	for _, how := range [][]string{nil, {"-k"}, {"-k", "--reply", "x"}, {"-u", "-k"}} {
		t.Run(strings.Join(how, " "), func(t *testing.T) {
			server := gonc(nil, append(how, "-v", "-l", "127.0.0.1", "0")...)
			r, w, err := os.Pipe()
			check(t, err)
			r.Close()
			server.cmd.Stdout = w
			begin(t, server)
			w.Close()
			port, err := server.port()
			check(t, err)
			network := "tcp"
			if slices.Contains(how, "-u") {
				network = "udp"
			}
			check(t, visit(t, network, port).send([]byte("data")))
			wantStatus(t, server, "broken pipe")
		})
	}
}

// freePort returns a port that is not in use, nor given by the system, for a
// listener that cannot say its own.
func freePort(t *testing.T) string { return strconv.Itoa(freePorts(t)[0]) }

// visitSoon connects once a listener is there.
func visitSoon(t *testing.T, port string) *peer {
	t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		p, err := dialPeer("tcp", "127.0.0.1:"+port)
		if err == nil {
			t.Cleanup(p.close)
			return p
		}
		if time.Now().After(late) {
			t.Fatal(err)
		}
	}
}
