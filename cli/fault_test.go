//go:build linux

package cli

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each test here is a fault that another netcat has; the numbers are those
// of the survey of netcats that gonc began with: what it showed, and with
// which of them, stands in the comment.

// With nothing to say themselves, traditional and busybox end at
// the peer's FIN (or at their own end) and lose megabytes, with status 0.
func TestOneSideHasNothingToSay(t *testing.T) {
	want := payload(20 << 20)
	t.Run("to the listener", func(t *testing.T) {
		server, port := listening(t, nil)
		client := complete(t, gonc(fileWith(t, want), "127.0.0.1", port))
		wantStatus(t, client, "0")
		wantStatus(t, server, "0")
		wantPrinted(t, server, want)
	})
	t.Run("from the listener", func(t *testing.T) {
		server, port := listening(t, fileWith(t, want))
		client := complete(t, gonc(nil, "127.0.0.1", port))
		wantStatus(t, client, "0")
		wantStatus(t, server, "0")
		wantPrinted(t, client, want)
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
			wantPrinted(t, server, there)
			wantPrinted(t, client, back)
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
			p := accept(t, "tcp")
			client := begin(t, gonc(fileWith(t, want), append(how, "127.0.0.1", p.port())...))
			got, err := talkBack(connection(t, p))
			check(t, err)
			wantStatus(t, client, "0")
			wantSame(t, "received", got, want)
		})
	}
}

// talkBack reads slowly until the end and says something after each read.
func talkBack(c net.Conn) (got []byte, err error) {
	defer c.Close()
	buf := make([]byte, 256<<10)
	for {
		time.Sleep(2 * time.Millisecond)
		n, err := c.Read(buf)
		got = append(got, buf[:n]...)
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, fmt.Errorf("after %d bytes: %w", len(got), err)
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
			p := accept(t, "tcp")
			client := begin(t, gonc(fileWith(t, want), append(how, "127.0.0.1", p.port())...))
			connection(t, p)
			wantStatus(t, client, "1")
			wantSaid(t, client, "could not be delivered")
			// The limit is the user's: no other time is added to it, of which
			// the least is 5 s.
			if client.took > 4*time.Second {
				t.Errorf("it ended after %v", client.took)
			}
		})
	}
	t.Run("closed", func(t *testing.T) {
		p := accept(t, "tcp")
		client := begin(t, gonc(fileWith(t, want), "127.0.0.1", p.port()))
		c := connection(t, p)
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
			p := accept(t, "tcp")
			client := gonc(nil, "127.0.0.1", p.port())
			if stdin == "idle" {
				idlePipe(t, client)
			}
			begin(t, client)
			if stdin == "ended" {
				check(t, p.recvEOF())
			}
			resetUnread(t, client, p, want)
			wantStatus(t, client, "1")
			wantPrinted(t, client, want)
			wantSaid(t, client, "Connection reset by peer")
		})
	}
}

// A reset ends the program also while it has nothing to send, after it has
// sent something: a pipe on standard input that idles must not hang it.
func TestResetWhileStdinIdles(t *testing.T) {
	for _, half := range []bool{false, true} {
		t.Run(fmt.Sprintf("half-closed before: %v", half), func(t *testing.T) {
			p := accept(t, "tcp")
			client := gonc(nil, "127.0.0.1", p.port())
			idlePipe(t, client)
			begin(t, client)
			client.stdin.Write([]byte("request"))
			check(t, p.recv([]byte("request")))
			check(t, p.send([]byte("reply")))
			if half {
				check(t, p.shut())
			}
			awaitPrinted(t, client, "reply")
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
		p := accept(t, "tcp")
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
			port := beginListening(t, server)
			network := "tcp"
			if slices.Contains(how, "-u") {
				network = "udp"
			}
			check(t, dial(t, network, port).send([]byte("data")))
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
// standard input ends; ncat and socat learn of it from the next byte only.
func TestStdoutReaderGone(t *testing.T) {
	for _, more := range []string{" and more", ""} {
		t.Run("then comes:"+more, func(t *testing.T) {
			p, client, r := headOf(t, "hello")
			r.Close()
			check(t, p.send([]byte(more)))
			wantStatus(t, client, "broken pipe")
			if text := client.stderr.String(); text != "" {
				t.Errorf("it said %q", text)
			}
		})
	}
}

// headOf returns a client with an idle standard input, what it is connected to,
// and its standard output, of which text has been read.
func headOf(t *testing.T, text string) (p *peer, client *process, r *os.File) {
	p = accept(t, "tcp")
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
			check(t, dial(t, network, port).send([]byte("data")))
			wantStatus(t, server, "broken pipe")
		})
	}
}
