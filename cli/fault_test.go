//go:build linux

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
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

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
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

// Finding 5: with nothing to say themselves, traditional and busybox end at
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

// Finding 6: closing a socket that holds unread input makes the kernel drop
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

// Finding 7: OpenBSD nc prints nothing of what came before a reset; only ncat
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
	w, err := p.cmd.StdinPipe()
	check(t, err)
	p.stdin = w
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

// Finding 8: OpenBSD nc ends with status 0 when standard output is full.
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

// Finding 8: with the reader of standard output gone, OpenBSD nc hangs until
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

// While the reader of standard output, or the peer, takes nothing, waiting
// costs nothing (golang/go#75304), and a signal still ends it.
func TestWaitingCostsNothing(t *testing.T) {
	for _, blocked := range []string{"standard output", "the peer", "both"} {
		t.Run(blocked, func(t *testing.T) {
			t.Parallel()
			p := stage(t, "tcp")
			client := gonc(nil, "127.0.0.1", p.port())
			r, w, err := os.Pipe()
			check(t, err)
			defer r.Close()
			client.cmd.Stdout = w
			idlePipe(t, client)
			begin(t, client)
			w.Close()
			c := accepted(t, p)
			if blocked != "the peer" {
				c.SetDeadline(time.Now().Add(500 * time.Millisecond))
				c.Write(make([]byte, 64<<20))
			}
			if blocked != "standard output" {
				go client.stdin.Write(make([]byte, 64<<20))
			}
			time.Sleep(2 * time.Second) // the time that is measured
			client.cmd.Process.Signal(syscall.SIGTERM)
			wantStatus(t, client, "terminated")
			state := client.cmd.ProcessState
			if cpu := state.UserTime() + state.SystemTime(); cpu > time.Second {
				t.Errorf("it took %v of processor time", cpu)
			}
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
			p := stage(t, "tcp")
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

// Finding 8: with standard input closed, OpenBSD nc and busybox print nothing
// and ncat hangs; a socket becomes descriptor 0. Here a closed input is empty,
// a closed output /dev/null.
func TestClosedDescriptors(t *testing.T) {
	data := string(payload(100 << 10))
	for _, closed := range []string{"<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"} {
		t.Run("connect "+closed, func(t *testing.T) {
			p := stage(t, "tcp")
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
			wantSame(t, "printed", []byte(client.stdout.String()), []byte(want))
			if client.stderr.String() != "" {
				t.Errorf("it said %q", client.stderr.String())
			}
		})
		t.Run("listen "+closed, func(t *testing.T) {
			port := freePort(t)
			server := shell(`exec "$@" `+closed, "-l", "127.0.0.1", port)
			begin(t, server)
			p := visitSoon(t, port)
			check(t, p.send([]byte(data)))
			check(t, p.shut())
			check(t, p.recvEOF())
			wantStatus(t, server, "0")
			want := data
			if strings.Contains(" "+closed, " >") {
				want = ""
			}
			wantSame(t, "printed", []byte(server.stdout.String()), []byte(want))
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

// Finding 20: OpenBSD nc cuts datagrams at 16,384 bytes, traditional and
// socat at 8,192. Finding 19: an empty one ends most of them.
func TestDatagrams(t *testing.T) {
	sizes := []int{60000, 0, 1, 65507, 0, 9000}
	t.Run("to a client", func(t *testing.T) {
		p := stage(t, "udp")
		client := gonc(strings.NewReader("x"), "-u", "127.0.0.1", p.port())
		begin(t, client)
		check(t, p.recv([]byte("x")))
		want := sendDatagrams(t, p, sizes)
		wantStatus(t, client, "0")
		wantSame(t, "printed", []byte(client.stdout.String()), want)
	})
	for _, how := range [][]string{nil, {"-k"}} {
		t.Run("to a listener "+strings.Join(how, " "), func(t *testing.T) {
			server, port := listening(t, nil, append(how, "-u")...)
			want := sendDatagrams(t, visit(t, "udp", port), sizes)
			awaitLength(t, server, len(want))
			wantSame(t, "printed", []byte(server.stdout.String()), want)
		})
	}
	t.Run("from a client", func(t *testing.T) {
		p := stage(t, "udp")
		want := payload(60000 + 65507)
		client := begin(t, gonc(fileWith(t, want), "-u", "127.0.0.1", p.port()))
		check(t, p.recv(want[:65507]))
		check(t, p.recv(want[65507:]))
		wantStatus(t, client, "0")
	})
	t.Run("from a listener", func(t *testing.T) {
		want := payload(60000)
		_, port := listening(t, fileWith(t, want), "-u")
		p := visit(t, "udp", port)
		check(t, p.send(nil))
		check(t, p.recv(want))
		check(t, p.silent(100*time.Millisecond))
	})
}

func sendDatagrams(t *testing.T, p *peer, sizes []int) (all []byte) {
	t.Helper()
	for _, n := range sizes {
		check(t, p.send(payload(n)))
		all = append(all, payload(n)...)
	}
	return all
}

// awaitLength waits until p has printed n bytes.
func awaitLength(t *testing.T, p *process, n int) {
	t.Helper()
	late := time.After(patience)
	for {
		text, change := p.stdout.changed()
		if len(text) >= n {
			return
		}
		select {
		case <-change:
		case <-late:
			t.Fatalf("%d of %d bytes were printed within %v", len(text), n, patience)
		}
	}
}

// manyClients begins a server with a pipe for its standard input and n
// clients that it serves.
func manyClients(t *testing.T, n int) (server *process, clients []*peer) {
	t.Helper()
	server = gonc(nil, "-v", "-l", "-k", "127.0.0.1", "0")
	idlePipe(t, server)
	begin(t, server)
	port, err := server.port()
	check(t, err)
	for i := range n {
		p := visit(t, "tcp", port)
		check(t, p.send([]byte("x"))) // it is served once this shows
		awaitLength(t, server, i+1)
		clients = append(clients, p)
	}
	return server, clients
}

// Clients that all read what comes get all of it, however the processor is
// shared out among what serves them.
func TestFastClientsOfMany(t *testing.T) {
	server, clients := manyClients(t, 3)
	want := payload(32 << 20)
	go func() {
		server.stdin.Write(want)
		server.stdin.Close()
	}()
	var all sync.WaitGroup
	for _, p := range clients {
		c := accepted(t, p)
		all.Go(func() {
			got, _ := io.ReadAll(c)
			wantSame(t, "received", got, want)
		})
	}
	all.Wait()
	if text := server.stderr.String(); strings.Contains(text, "behind") {
		t.Errorf("it said %q", text)
	}
}

// Finding 18: a client of ncat -k that does not read stalls all others.
func TestSlowClientOfMany(t *testing.T) {
	server, clients := manyClients(t, 2)
	slow, fast := clients[0], clients[1]
	want := payload(64 << 20)
	go func() {
		server.stdin.Write(want)
		server.stdin.Close()
	}()
	got, err := io.ReadAll(accepted(t, fast))
	check(t, err)
	wantSame(t, "the fast one received", got, want)
	await(t, server, `^gonc: connection from 127\.0\.0\.1 \d+: .*1 MiB behind`)
	if n, err := io.Copy(io.Discard, accepted(t, slow)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the slow one received %d bytes, and then %v: it cannot know that some are missing", n, err)
	}
}

// One client alone is never behind: it gets everything, however slow.
func TestSlowClientAlone(t *testing.T) {
	want := payload(16 << 20)
	_, port := listening(t, fileWith(t, want), "-k")
	c := accepted(t, visit(t, "tcp", port))
	time.Sleep(300 * time.Millisecond) // so much later than everything else
	got, err := io.ReadAll(c)
	check(t, err)
	wantSame(t, "received", got, want)
}

// An accept that finds no descriptor free waits for one, without spinning;
// OpenBSD nc ends.
func TestDescriptorsUsedUp(t *testing.T) {
	server := shell(`ulimit -n 24 && exec "$@"`, "-v", "-l", "-k", "127.0.0.1", "0")
	begin(t, server)
	port, err := server.port()
	check(t, err)
	var peers []*peer
	for i := range 40 {
		p := visit(t, "tcp", port)
		check(t, p.send(fmt.Appendf(nil, "client %d\n", i)))
		peers = append(peers, p)
	}
	await(t, server, "^gonc: cannot accept: Too many open files")
	time.Sleep(500 * time.Millisecond) // in which it must not spin
	for i, p := range peers {
		_, err := server.await(&server.stdout, fmt.Sprintf("^client %d$", i))
		check(t, err)
		p.close()
	}
	server.cmd.Process.Signal(syscall.SIGTERM)
	wantStatus(t, server, "terminated")
	if cpu := server.cmd.ProcessState.UserTime() + server.cmd.ProcessState.SystemTime(); cpu > 300*time.Millisecond {
		t.Errorf("it took %v of processor time", cpu)
	}
}

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
			})
		}
	}
}

// nohup, and the & of a shell without job control, start programs with
// signals ignored; they stay so. (SIGTERM would not: of an ignored signal the
// Go runtime keeps only these two, see os/signal.)
func TestIgnoredSignals(t *testing.T) {
	for _, s := range []struct {
		name string
		syscall.Signal
	}{{"HUP", syscall.SIGHUP}, {"INT", syscall.SIGINT}} {
		t.Run(s.name, func(t *testing.T) {
			server := begin(t, shell(`trap '' `+s.name+` && exec "$@"`, "-v", "-l", "127.0.0.1", "0"))
			port, err := server.port()
			check(t, err)
			server.cmd.Process.Signal(s.Signal)
			p := visit(t, "tcp", port)
			check(t, p.send([]byte("data")))
			server.cmd.Process.Signal(s.Signal)
			check(t, p.shut())
			wantStatus(t, server, "0")
			if got := server.stdout.String(); got != "data" {
				t.Errorf("it printed %q", got)
			}
		})
	}
}

// nohup as it is used.
func TestNohup(t *testing.T) {
	server := newProcess("nohup", "gonc", "-v", "-l", "127.0.0.1", "0")
	begin(t, server)
	port, err := server.port()
	check(t, err)
	server.cmd.Process.Signal(syscall.SIGHUP)
	p := visit(t, "tcp", port)
	check(t, p.send([]byte("data")))
	check(t, p.shut())
	wantStatus(t, server, "0")
}

// Standard input that another program made non-blocking (ssh does) is waited
// for all the same.
func TestNonblockingStdin(t *testing.T) {
	p := stage(t, "tcp")
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
