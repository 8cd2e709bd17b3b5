package cli

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// What tests in Go do with processes and peers. Each helper fails the test
// if it fails.

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A crowd runs subtests at once, more of them than t.Parallel does: they wait
// more than they work.
type crowd struct {
	t     *testing.T
	slots chan struct{}
	all   sync.WaitGroup
}

func newCrowd(t *testing.T, most int) *crowd { return &crowd{t: t, slots: make(chan struct{}, most)} }

// run waits for a slot and starts f.
func (c *crowd) run(name string, f func(*testing.T)) {
	c.slots <- struct{}{}
	c.all.Go(func() {
		defer func() { <-c.slots }()
		c.t.Run(name, f)
	})
}

// wait waits for all that run. A test that uses a crowd ends with it.
func (c *crowd) wait() { c.all.Wait() }

// skipShort skips a test that takes many seconds when only short ones are run.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long")
	}
}

// begin starts p and ends it with the test. A test that failed tells of a
// program that had ended by then: it may be the reason.
func begin(t *testing.T, p *process) *process {
	t.Helper()
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		select {
		case <-p.ended:
			if t.Failed() {
				t.Logf("%v had ended: %s\n%s", p.cmd.Args, p.status(), p)
			}
		default:
			p.kill()
		}
	})
	return p
}

// gonc returns a process of ours with the given standard input; nil: empty.
func gonc(stdin io.Reader, args ...string) *process {
	p := newProcess("gonc", args...)
	p.cmd.Stdin = stdin
	return p
}

// beginListening begins a gonc -v that listens, and returns its port.
func beginListening(t *testing.T, p *process) (port string) {
	t.Helper()
	begin(t, p)
	port, err := p.port()
	check(t, err)
	return port
}

// listening begins a gonc -v that listens on a port of the system's choice.
func listening(t *testing.T, stdin io.Reader, args ...string) (p *process, port string) {
	t.Helper()
	p = gonc(stdin, append([]string{"-v", "-l", "127.0.0.1", "0"}, args...)...)
	return p, beginListening(t, p)
}

// shell returns a gonc whose descriptors a shell sets up: script has "$@" for it.
func shell(script string, args ...string) *process {
	return newProcess("sh", append([]string{"-c", script, "sh", "gonc"}, args...)...)
}

// idlePipe gives p a standard input that stays open until the test ends.
func idlePipe(t *testing.T, p *process) {
	t.Helper()
	check(t, p.pipeStdin())
}

// complete begins p and waits for its end.
func complete(t *testing.T, p *process) *process {
	t.Helper()
	begin(t, p)
	wantEnd(t, p)
	return p
}

// wantEnd waits for the end of p.
func wantEnd(t *testing.T, p *process) {
	t.Helper()
	if _, err := p.wait(); err != nil {
		t.Fatal(err)
	}
}

// wantStatus waits for the end of p and checks how it ended.
func wantStatus(t *testing.T, p *process, status string) {
	t.Helper()
	wantEnd(t, p)
	if got := p.status(); got != status {
		t.Errorf("%v ended with %s, not %s\n%s", p.cmd.Args, got, status, p)
	}
}

// awaitPrinted waits until p writes re to its standard output.
func awaitPrinted(t *testing.T, p *process, re string) {
	t.Helper()
	_, err := p.await(&p.stdout, re)
	check(t, err)
}

// await waits until p says re on its standard error.
func await(t *testing.T, p *process, re string) []string {
	t.Helper()
	m, err := p.await(&p.stderr, re)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// wantPrinted checks what p has written to its standard output.
func wantPrinted[T string | []byte](t *testing.T, p *process, want T) {
	t.Helper()
	if got := p.stdout.String(); got != string(want) {
		t.Errorf("%v printed %d bytes, not these %d: %.200q, not %.200q\n%s", p.cmd.Args, len(got), len(want), got, want, p.stderr.String())
	}
}

// wantSaid checks that text is in what p has written to its standard error.
func wantSaid(t *testing.T, p *process, text string) {
	t.Helper()
	if got := p.stderr.String(); !strings.Contains(got, text) {
		t.Errorf("%v said %q, not %q", p.cmd.Args, got, text)
	}
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

// lines returns how many lines of s begin with prefix.
func lines(s, prefix string) (n int) {
	for line := range strings.Lines(s) {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}

// accept returns a peer that listens.
func accept(t *testing.T, network string) *peer {
	t.Helper()
	p, err := newPeer(network)
	check(t, err)
	t.Cleanup(p.close)
	return p
}

// listenTCP returns a listener on loopback for many connections.
func listenTCP(t *testing.T) *net.TCPListener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln.(*net.TCPListener)
}

// dial returns a peer that connects, as soon as a program listens.
func dial(t *testing.T, network, port string) *peer {
	t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		p, err := dialPeer(network, loopback4(port))
		if err == nil {
			t.Cleanup(p.close)
			return p
		}
		if time.Now().After(late) {
			t.Fatal(err)
		}
	}
}

// connection returns the connection of p.
func connection(t *testing.T, p *peer) net.Conn {
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

// need skips a test that has no use without a program.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed: gonc is not tested against it", program)
	}
}

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

// loopback4 returns where a test finds the server at port.
func loopback4(port string) string { return net.JoinHostPort("127.0.0.1", port) }
