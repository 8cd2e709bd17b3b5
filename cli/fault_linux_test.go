package cli

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

// awaitSent waits until the other system has all that was written to c.
func awaitSent(t *testing.T, c net.Conn) {
	t.Helper()
	raw, err := c.(*net.TCPConn).SyscallConn()
	check(t, err)
	testutil.Eventually(t, "all is sent", func() bool {
		var left int
		raw.Control(func(fd uintptr) { left, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
		check(t, err)
		return left == 0
	})
}

// resetUnread has p send want and reset the connection when client, which is
// stopped meanwhile, has read the first byte of it.
func resetUnread(t *testing.T, client *process, p *peer, want []byte) {
	t.Helper()
	check(t, p.send(want[:1]))
	awaitLength(t, client, 1)
	stop(t, client)
	check(t, p.send(want[1:]))
	awaitSent(t, connection(t, p))
	check(t, p.reset())
	client.cmd.Process.Signal(syscall.SIGCONT)
}

// flags returns the flags of the open file description of f, which gonc
// has too.
func flags(t *testing.T, f int) int {
	t.Helper()
	n, err := unix.FcntlInt(uintptr(f), unix.F_GETFL, 0)
	check(t, err)
	return n
}

// A flag like O_NONBLOCK belongs to the description, and so to the shell and
// to the next program on the same terminal or pipe: none is changed.
func TestFlagsUnchanged(t *testing.T) {
	for name, pair := range map[string]func(*testing.T) (mine, its *os.File){
		"pipe":     rawPipe,
		"terminal": terminalPair,
		"socket":   socketPair,
	} {
		t.Run(name, func(t *testing.T) {
			inW, inR := pair(t)
			outR, outW := pair(t)
			if name == "pipe" {
				outR, outW = outW, outR
			}
			testFlags(t, inW, inR, outR, outW)
		})
	}
}

func testFlags(t *testing.T, inW, inR, outR, outW *os.File) {
	p := accept(t, "tcp")
	client := gonc(nil, "127.0.0.1", p.port())
	client.cmd.Stdin, client.cmd.Stdout, client.cmd.Stderr = inR, outW, outW
	fds := []int{int(inR.Fd()), int(outW.Fd())}
	before := []int{flags(t, fds[0]), flags(t, fds[1])}
	same := func(when string) {
		for i, fd := range fds {
			if now := flags(t, fd); now != before[i] {
				t.Errorf("%s: the flags of descriptor %d are %#x, not %#x", when, i, now, before[i])
			}
		}
	}
	begin(t, client)
	inW.Write([]byte("request\n"))
	check(t, p.recv([]byte("request\n")))
	check(t, p.send([]byte("reply")))
	if n, err := outR.Read(make([]byte, 5)); n == 0 {
		t.Fatal(err)
	}
	same("during")
	p.close()
	inW.Close()
	wantEnd(t, client)
	same("after")
}

func rawPipe(t *testing.T) (w, r *os.File) {
	var fds [2]int
	check(t, unix.Pipe2(fds[:], unix.O_CLOEXEC))
	return named(t, fds[1]), named(t, fds[0])
}

func socketPair(t *testing.T) (mine, its *os.File) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(t, err)
	return named(t, fds[0]), named(t, fds[1])
}

func named(t *testing.T, fd int) *os.File {
	f := os.NewFile(uintptr(fd), "test")
	t.Cleanup(func() { f.Close() })
	return f
}

// terminalPair opens a pseudo-terminal; its is what a program has.
func terminalPair(t *testing.T) (mine, its *os.File) {
	t.Helper()
	mine = open(t, "/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY)
	check(t, unix.IoctlSetPointerInt(int(mine.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(mine.Fd()), unix.TIOCGPTN)
	check(t, err)
	return mine, open(t, "/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY)
}

// onTerminal begins a shell script on a terminal of its own, with job
// control. What the terminal shows is collected in screen.
func onTerminal(t *testing.T, script string, args ...string) (p *process, keys *os.File, screen *process) {
	t.Helper()
	mine, its := terminalPair(t)
	p = shell("set -m; "+script, args...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = its, its, its
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	screen = newProcess("cat")
	screen.cmd.Stdin = mine
	begin(t, p)
	its.Close()
	begin(t, screen)
	return p, mine, screen
}

// A job in the background that reads its terminal is stopped (SIGTTIN), and
// with it what it should have received; one that ignores this steals the
// keys. gonc reads the terminal when it is in the foreground.
func TestBackgroundJob(t *testing.T) {
	p := accept(t, "tcp")
	sh, keys, screen := onTerminal(t, `"$@" & echo ready; read line; echo "the shell read $line"; fg; echo "status $?"`, "127.0.0.1", p.port())
	awaitPrinted(t, screen, "ready")
	check(t, p.send([]byte("in the background\n")))
	awaitPrinted(t, screen, "in the background")
	keys.WriteString("for the shell\n")
	awaitPrinted(t, screen, "the shell read for the shell")
	keys.WriteString("for gonc\n")
	check(t, p.recv([]byte("for gonc\n")))
	p.close()
	awaitPrinted(t, screen, "status 0")
	wantStatus(t, sh, "0")
}

// On a terminal the peer's end ends it at once: no key has to be pressed
// (OpenBSD nc and ncat wait for one).
func TestTerminalPeerEnds(t *testing.T) {
	for _, listens := range []bool{false, true} {
		t.Run("listens: "+strconv.FormatBool(listens), func(t *testing.T) {
			p := accept(t, "tcp")
			args := []string{"127.0.0.1", p.port()}
			if listens {
				args = []string{"-l", "127.0.0.1", "0"}
			}
			sh, keys, screen := onTerminal(t, `"$@"; echo "status $?"`, args...)
			if listens {
				m, err := screen.await(&screen.stdout, `Listening on 127\.0\.0\.1 (\d+)`)
				check(t, err)
				awaitPrinted(t, screen, "reachable from this machine only")
				p = dial(t, "tcp", m[1])
			}
			keys.WriteString("typed\n")
			check(t, p.recv([]byte("typed\n")))
			p.close()
			awaitPrinted(t, screen, "status 0")
			wantStatus(t, sh, "0")
		})
	}
}

// ^D ends standard input, ^C the program.
func TestTerminalKeys(t *testing.T) {
	p := accept(t, "tcp")
	sh, keys, screen := onTerminal(t, `"$@"; echo "status $?"`, "127.0.0.1", p.port())
	keys.WriteString("typed\n\x04")
	check(t, p.recv([]byte("typed\n")))
	check(t, p.recvEOF())
	p.close()
	awaitPrinted(t, screen, "status 0")
	wantStatus(t, sh, "0")

	p = accept(t, "tcp")
	sh, keys, screen = onTerminal(t, `trap : INT; "$@"; echo "status $?"`, "127.0.0.1", p.port())
	check(t, p.send([]byte("hello\n")))
	awaitPrinted(t, screen, "hello")
	keys.WriteString("\x03")
	awaitPrinted(t, screen, "status 130")
	wantEnd(t, sh)
}

// A server on a terminal says what to open.
func TestTerminalPage(t *testing.T) {
	sh, keys, screen := onTerminal(t, `"$@"`, "-l", "--http", "127.0.0.1", "0")
	awaitPrinted(t, screen, `open http://127\.0\.0\.1:\d+/`)
	keys.WriteString("\x03")
	wantEnd(t, sh)
	if text := screen.stdout.String(); strings.Contains(text, "interrupt") {
		t.Errorf("the screen shows %q", text)
	}
}

// A server is after many connections what it was before.
func TestServersDoNotLeak(t *testing.T) {
	for _, how := range [][]string{{"-k"}, {"--http"}, {"-k", "--reply", "x"}, {"-u", "-k", "-w", "50ms"}} {
		t.Run(strings.Join(how, " "), func(t *testing.T) {
			t.Parallel()
			network := "tcp"
			if how[0] == "-u" {
				network = "udp"
			}
			server, port := listening(t, nil, how...)
			visits(t, network, port, 3)
			few := restingDescriptors(t, server)
			visits(t, network, port, 50)
			wantIdle(t, server, few)
		})
	}
}

// visits has n peers come and go.
func visits(t *testing.T, network, port string, n int) {
	t.Helper()
	for range n {
		p := dial(t, network, port)
		check(t, p.send([]byte("GET / HTTP/1.0\r\n\r\n")))
		if network == "tcp" {
			check(t, p.shut())
			connection(t, p).Read(make([]byte, 1))
		}
		p.close()
	}
}

// What comes while the program is stopped, for longer than a limit on idleness
// allows, has come in time.
func TestStoppedIsNotIdle(t *testing.T) {
	for _, limit := range []string{"-w", "-q"} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			p := accept(t, "tcp")
			client := gonc(nil, "-N", limit, "3s", "127.0.0.1", p.port()) // in which it has to be stopped
			begin(t, client)
			connection(t, p)
			check(t, p.recvEOF())
			stop(t, client)
			check(t, p.send([]byte("reply")))
			time.Sleep(4 * time.Second)
			client.cmd.Process.Signal(syscall.SIGCONT)
			wantStatus(t, client, "0")
			wantPrinted(t, client, "reply")
		})
	}
}

// A signal also ends one that waits for a reader of standard output.
func TestSignalBlocked(t *testing.T) {
	for _, how := range [][]string{nil, {"-k"}, {"--reply", "x"}, {"--reply", "x", "-k"}} {
		t.Run(strings.Join(how, " "), func(t *testing.T) {
			t.Parallel()
			out, _ := rawPipe(t)
			server := gonc(nil, append([]string{"-v", "-l", "127.0.0.1", "0"}, how...)...)
			server.cmd.Stdout = out
			port := beginListening(t, server)
			p := dial(t, "tcp", port)
			go p.send(make([]byte, 64<<20)) // more than any pipe holds
			awaitFull(t, out)
			server.cmd.Process.Signal(syscall.SIGTERM)
			wantStatus(t, server, "terminated")
		})
	}
}

// awaitFull waits until the pipe that w writes to takes no more.
func awaitFull(t *testing.T, w *os.File) {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(w.Fd()), Events: unix.POLLOUT}}
	testutil.Eventually(t, "the pipe fills up", func() bool {
		n, err := unix.Poll(fds, 0)
		return n == 0 && err == nil
	})
}

// Of several connections, one after another, each gives back the descriptors
// that it had.
func TestPortsDescriptors(t *testing.T) {
	var peers []*peer
	args := []string{"127.0.0.1"}
	for range 20 {
		p := accept(t, "tcp")
		peers = append(peers, p)
		args = append(args, p.port())
	}
	client := gonc(nil, args...)
	idlePipe(t, client)
	begin(t, client)
	first := 0
	for i, p := range peers {
		check(t, p.send(fmt.Appendf(nil, "reply %d\n", i)))
		awaitPrinted(t, client, fmt.Sprintf("^reply %d$", i))
		n := descriptors(t, client)
		if first == 0 {
			first = n
		}
		if n > first {
			t.Errorf("connection %d: %d descriptors; with the first there were %d", i+1, n, first)
		}
		p.close()
	}
	wantStatus(t, client, "0")
}
