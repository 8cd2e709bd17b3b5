package cli

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// confinable builds the program as it is released: with cgo, which the race
// detector needs, nothing is confined.
func confinable(t *testing.T) string {
	t.Helper()
	if abi, _, _ := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION); int(abi) < 4 {
		t.Skip("this kernel has no Landlock for TCP")
	}
	name := filepath.Join(t.TempDir(), "gonc")
	build := exec.Command("go", "build", "-o", name, "gonc")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

const confinedLine = "gonc: sandbox: no_new_privs, landlock\n"

// A confined is the program of confinable.
type confined string

func TestConfined(t *testing.T) {
	skipShort(t)
	program := confined(confinable(t))
	t.Run("a transfer", program.transfers)
	t.Run("a client", program.connects)
	t.Run("no sandbox", program.canBeFree)
	t.Run("a page that is replaced", program.readsPageAgain)
	t.Run("a Unix socket is removed", program.removesSocket)
	t.Run("a target over TLS, with the roots of the system", program.verifiesTarget)
	t.Run("the Unix socket of a client is removed", program.removesSocketOfClient)
}

// start begins the program with the given standard input; nil: empty.
func (program confined) start(t *testing.T, stdin io.Reader, args ...string) *process {
	p := newProcess(string(program), args...)
	p.cmd.Stdin = stdin
	return begin(t, p)
}

func (program confined) transfers(t *testing.T) {
	l := program.start(t, nil, "-vv", "-l", "127.0.0.1", "0")
	port, err := l.port()
	check(t, err)
	want := payload(3 << 20)
	c := program.start(t, fileWith(t, want), "-vv", "127.0.0.1", port)
	wantEnd(t, c)
	wantEnd(t, l)
	wantPrinted(t, l, want)
	if !strings.Contains(l.stderr.String(), confinedLine) {
		t.Errorf("not confined:\n%s", l)
	}
}

func (program confined) connects(t *testing.T) {
	peer := accept(t, "tcp")
	c := newProcess(string(program), "-vv", "127.0.0.1", peer.port())
	idlePipe(t, c)
	begin(t, c)
	await(t, c, confinedLine)
	want := payload(100 << 10)
	check(t, peer.send(want))
	peer.close()
	c.stdin.Close()
	wantStatus(t, c, "0")
	wantPrinted(t, c, want)
}

func (program confined) canBeFree(t *testing.T) {
	l := program.start(t, nil, "-vv", "--no-sandbox", "-l", "127.0.0.1", "0")
	port, err := l.port()
	check(t, err)
	c := program.start(t, strings.NewReader("x"), "127.0.0.1", port)
	wantEnd(t, c)
	wantEnd(t, l)
	if strings.Contains(l.stderr.String(), "sandbox") {
		t.Errorf("confined:\n%s", l)
	}
}

func (program confined) readsPageAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.html")
	check(t, os.WriteFile(file, []byte("first"), 0o600))
	l := program.start(t, nil, "-vv", "-l", "--http", "--page", file, "127.0.0.1", "0")
	port, err := l.port()
	check(t, err)
	for _, want := range []string{"first", "second"} {
		check(t, os.WriteFile(file+".new", []byte(want), 0o600))
		check(t, os.Rename(file+".new", file))
		answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%s/", port))
		check(t, err)
		body, err := io.ReadAll(answer.Body)
		check(t, err)
		answer.Body.Close()
		wantSame(t, "page", body, []byte(want))
	}
}

func (program confined) removesSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	l := program.start(t, nil, "-vv", "-lU", path)
	await(t, l, "Listening on")
	c := program.start(t, strings.NewReader("x"), "-U", path)
	wantEnd(t, c)
	wantEnd(t, l)
	if _, err := os.Lstat(path); err == nil {
		t.Errorf("%s is still there", path)
	}
}

func (program confined) verifiesTarget(t *testing.T) {
	tlsDir := tlsFiles(t)
	back := program.start(t, nil, "-v", "-lk", "--ssl", "--ssl-cert", filepath.Join(tlsDir, "server.both"), "--reply", "answer", "127.0.0.1", "0")
	target, err := back.port()
	check(t, err)
	front := newProcess(string(program), "-vv", "-lk", "127.0.0.1", "0", "--to", "tls:localhost:"+target)
	front.cmd.Env = append(front.cmd.Environ(), "SSL_CERT_FILE="+filepath.Join(tlsDir, "ca.pem"))
	port := beginListening(t, front)
	await(t, front, confinedLine)
	c := program.start(t, strings.NewReader("x"), "127.0.0.1", port)
	wantEnd(t, c)
	wantPrinted(t, c, "answer")
}

func (program confined) removesSocketOfClient(t *testing.T) {
	dir := t.TempDir()
	l := program.start(t, nil, "-vv", "-luU", filepath.Join(dir, "socket"), "-W1")
	await(t, l, "(Listening|Bound) on")
	own := filepath.Join(dir, "own")
	c := program.start(t, strings.NewReader("x"), "-uU", "-s", own, filepath.Join(dir, "socket"))
	wantEnd(t, c)
	if _, err := os.Lstat(own); err == nil {
		t.Errorf("%s is still there", own)
	}
}
