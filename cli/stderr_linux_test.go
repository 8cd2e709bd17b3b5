package cli

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// listeningOn starts a listener whose standard error is a pipe of the least
// size, and returns its port and the end to read from.
func listeningOn(t *testing.T, args ...string) (p *process, port string, stderr *os.File) {
	t.Helper()
	w, r := rawPipe(t)
	_, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4096)
	check(t, err)
	p = gonc(nil, append([]string{"-v", "-l"}, args...)...)
	p.cmd.Stderr = w
	begin(t, p)
	w.Close()
	line, err := bufio.NewReader(r).ReadString('\n')
	check(t, err)
	m := regexp.MustCompile(`^Listening on \S+ (\d+)\n$`).FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("it said %q", line)
	}
	return p, m[1], r
}

// Messages that are not read delay neither the clients nor the end.
func TestStderrNotRead(t *testing.T) {
	p, port, _ := listeningOn(t, "--http", "127.0.0.1", "0")
	for i := range 150 {
		c, err := dialPeer("tcp", "127.0.0.1:"+port)
		check(t, err)
		check(t, c.send([]byte("GET / HTTP/1.0\r\n\r\n")))
		if err := c.recv([]byte("HTTP/1.1 200 OK\r\n")); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
		c.close()
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	wantStatus(t, p, "terminated")
}

// A reader of messages that has gone ends no server.
func TestStderrReaderGone(t *testing.T) {
	for _, how := range []string{"-k", "--http"} {
		t.Run(how, func(t *testing.T) {
			p, port, r := listeningOn(t, how, "127.0.0.1", "0")
			r.Close()
			for range 3 {
				c, err := dialPeer("tcp", "127.0.0.1:"+port)
				check(t, err)
				check(t, c.send([]byte("GET / HTTP/1.0\r\n\r\n")))
				check(t, c.shut())
				if how == "--http" {
					check(t, c.recv([]byte("HTTP/1.1 200 OK\r\n")))
				}
				c.close()
			}
			p.cmd.Process.Signal(syscall.SIGTERM)
			wantStatus(t, p, "terminated")
		})
	}
}

// Dying by SIGPIPE writes no byte, which the next reader of a FIFO would get.
func TestBrokenPipeWritesNothing(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	check(t, unix.Mkfifo(fifo, 0o600))
	r := open(t, fifo, os.O_RDONLY|syscall.O_NONBLOCK)
	w := open(t, fifo, os.O_WRONLY)
	peer := accept(t, "tcp")
	client := gonc(nil, "-d", "127.0.0.1", peer.port())
	client.cmd.Stdout = w
	begin(t, client)
	connection(t, peer)
	w.Close()
	r.Close()
	again := open(t, fifo, os.O_RDWR|syscall.O_NONBLOCK)
	check(t, again.Close())
	check(t, peer.send([]byte("x")))
	wantStatus(t, client, "broken pipe")
	r = open(t, fifo, os.O_RDONLY|syscall.O_NONBLOCK)
	if n, err := unix.Read(int(r.Fd()), make([]byte, 1)); n > 0 {
		t.Errorf("the next reader gets %d bytes, %v", n, err)
	}
}

// SIGQUIT ends the program without a word, and a signal at a password prompt
// brings the echo back.
func TestSignalsAtTerminal(t *testing.T) {
	peer := accept(t, "tcp")
	client := gonc(nil, "-d", "127.0.0.1", peer.port())
	begin(t, client)
	connection(t, peer)
	client.cmd.Process.Signal(syscall.SIGQUIT)
	wantEnd(t, client)
	if s := client.status(); !strings.HasPrefix(s, "quit") || client.stderr.String() != "" {
		t.Errorf("it ended with %s and said %q", s, client.stderr.String())
	}
	mine, its := terminalPair(t)
	p := gonc(nil, "-l", "-S", "127.0.0.1", "0")
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = its, its, its
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	begin(t, p)
	prompt := make([]byte, 64)
	n, err := mine.Read(prompt)
	if check(t, err); !strings.HasPrefix(string(prompt[:n]), "TCP MD5 key: ") {
		t.Errorf("it said %q", prompt[:n])
	}
	_, err = mine.Write([]byte{3}) // ^C
	check(t, err)
	wantStatus(t, p, "interrupt")
	state, err := unix.IoctlGetTermios(int(its.Fd()), unix.TCGETS)
	check(t, err)
	if state.Lflag&unix.ECHO == 0 {
		t.Error("the echo is off")
	}
}

// A signal ends a server that waits for the page on standard input.
func TestSignalWhilePageIsRead(t *testing.T) {
	w, r := rawPipe(t)
	p := gonc(r, "-v", "-l", "--http", "--page", "-", "127.0.0.1", "0")
	begin(t, p)
	_, err := fmt.Fprint(w, "<p>")
	check(t, err)
	for { // until it has read that
		n, err := unix.IoctlGetInt(int(r.Fd()), unix.TIOCINQ)
		if check(t, err); n == 0 {
			break
		}
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	wantEnd(t, p)
	if s := p.status(); s != "terminated" {
		t.Errorf("it ended with %s", s)
	}
}
