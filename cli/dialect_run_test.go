//go:build linux

package cli

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A dialectPair is both programs on their way through a case.
type dialectPair struct {
	theirs, ours *dialectRun
	done         sync.WaitGroup
}

func startDialectPair(t *testing.T, c dialectCase, theirs, ours dialectProgram, atOnce chan struct{}) *dialectPair {
	t.Helper()
	pair := &dialectPair{theirs: newDialectRun(t, &c, theirs), ours: newDialectRun(t, &c, ours)}
	if c.hangs {
		pair.theirs.patience = time.Second
	}
	pair.done.Go(func() {
		atOnce <- struct{}{}
		defer func() { <-atOnce }()
		var both sync.WaitGroup
		both.Go(pair.theirs.play)
		both.Go(pair.ours.play)
		both.Wait()
	})
	t.Cleanup(pair.done.Wait)
	return pair
}

func (p *dialectPair) wait() (theirs, ours string) {
	p.done.Wait()
	return p.theirs.String(), p.ours.String()
}

// A dialectRun is one program on its way through a case.
type dialectRun struct {
	dialectProgram
	c        *dialectCase
	dir      string
	port     string
	ports    [5]int
	patience time.Duration
	names    *strings.Replacer // puts ports and paths into the case
	p        *process
	peer     *peer // the latest
	peers    []*peer
	closers  []io.Closer
	passed   *net.UnixConn // the other end of standard output
	log      strings.Builder
}

func newDialectRun(t *testing.T, c *dialectCase, p dialectProgram) *dialectRun {
	t.Helper()
	r := &dialectRun{dialectProgram: p, c: c, patience: patience, ports: freePorts(t)}
	var err error
	if r.dir, err = os.MkdirTemp("", "d"); err != nil { // t.TempDir is too long for a Unix path
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(r.dir) })
	return r
}

// play does what the case says and writes down what happens.
func (r *dialectRun) play() {
	defer r.close()
	if err := r.begin(); err != nil {
		r.note("cannot begin: %v", err)
		return
	}
	defer r.p.kill()
	for _, s := range r.c.steps {
		name, arg, _ := strings.Cut(s, " ")
		f := dialectSteps[name]
		if f == nil {
			r.note("there is no step %s", name)
			return
		}
		f(r, r.names.Replace(arg))
	}
	r.end("")
}

func (r *dialectRun) note(format string, args ...any) { fmt.Fprintf(&r.log, format+"\n", args...) }

func (r *dialectRun) close() {
	for _, p := range r.peers {
		p.close()
	}
	for _, c := range r.closers {
		c.Close()
	}
}

// begin makes the files and the peers and starts the program.
func (r *dialectRun) begin() error {
	for _, name := range strings.Fields(r.c.files) {
		if err := makeFile(filepath.Join(r.dir, name)); err != nil {
			return err
		}
	}
	if err := r.openPorts(); err != nil {
		return err
	}
	r.port = strconv.Itoa(r.ports[0])
	if r.c.peer != "" && !strings.HasPrefix(r.c.peer, "dial ") {
		p, err := r.listeningPeer()
		if err != nil {
			return err
		}
		r.add(p)
		if !strings.HasPrefix(r.c.peer, "unix") {
			r.port = p.port()
		}
	}
	pairs := []string{"$PORT", r.port, "$SOCK", r.sock(), "$DIR", r.dir}
	for i, n := range r.ports {
		pairs = append(pairs, fmt.Sprintf("$P%d", i+1), strconv.Itoa(n))
	}
	r.names = strings.NewReplacer(pairs...)
	if err := r.makeProcess(); err != nil {
		return err
	}
	if err := r.p.start(); err != nil {
		return err
	}
	if strings.HasPrefix(r.c.peer, "dial ") {
		r.dial("")
	}
	return nil
}

func makeFile(name string) error {
	if strings.HasSuffix(name, "/") {
		return os.Mkdir(name, 0o755)
	}
	return os.WriteFile(name, []byte("precious\n"), 0o644)
}

func (r *dialectRun) sock() string { return filepath.Join(r.dir, "s") }

// openPorts listens on the ports of the case.
func (r *dialectRun) openPorts() error {
	for _, i := range strings.Fields(r.c.open) {
		n, _ := strconv.Atoi(i)
		ln, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(r.ports[n-1]))
		if err != nil {
			return err
		}
		r.closers = append(r.closers, ln)
		go acceptAll(ln)
	}
	return nil
}

// acceptAll takes connections until ln is closed, says 220 to each and waits
// for its end.
func acceptAll(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			io.WriteString(c, "220\n")
			io.Copy(io.Discard, c)
			c.Close()
		}()
	}
}

// listeningPeer returns a peer for nc to connect to.
func (r *dialectRun) listeningPeer() (*peer, error) {
	switch r.c.peer {
	case "full":
		p, err := newPeer("tcp")
		if err == nil {
			err = p.fill()
		}
		return p, err
	case "unix", "unixgram":
		return newUnixPeer(r.c.peer, r.sock())
	}
	return newPeer(r.c.peer)
}

func (r *dialectRun) add(p *peer) {
	r.peer = p
	r.peers = append(r.peers, p)
}

// listenInShell is a function for scripts: listen LOG COMMAND starts a listener
// with -v, waits until it listens and leaves its number in pid.
const listenInShell = `listen() {
	log=$1; shift; : >$log
	{ "$@" <&3 2>$log & } 3<&0
	pid=$!
	until grep -q Listening $log; do kill -0 $pid || return; sleep .02; done
}
`

// makeProcess makes the program with its standard input.
func (r *dialectRun) makeProcess() error {
	if r.c.script != "" {
		r.p = newProcess("/bin/sh", "-c", listenInShell+r.names.Replace(r.c.script))
		r.p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	} else {
		r.p = newProcess(filepath.Join(r.bin, r.name), fields(r.names.Replace(r.c.args))...)
		r.p.cmd.Args[0] = r.name // which messages begin with
	}
	r.p.cmd.Dir = r.dir
	r.p.cmd.Env = append(os.Environ(), "PATH="+r.bin+":"+os.Getenv("PATH"), "TMPDIR="+r.dir,
		"GORACE=atexit_sleep_ms=0", "GONC_DIALECT=")
	if r.c.fd {
		if err := r.passToUs(); err != nil {
			return err
		}
	}
	switch r.c.stdin {
	case "":
		return nil
	case "-":
		w, err := r.p.cmd.StdinPipe()
		r.p.stdin = w
		return err
	}
	f, err := os.CreateTemp("", "stdin")
	if err != nil {
		return err
	}
	os.Remove(f.Name())
	r.closers = append(r.closers, f)
	if _, err = f.WriteString(r.names.Replace(r.c.stdin)); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	r.p.cmd.Stdin = f
	return err
}

// passToUs makes a Unix socket of standard output.
func (r *dialectRun) passToUs() error {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	theirs, mine := os.NewFile(uintptr(pair[0]), "pair"), os.NewFile(uintptr(pair[1]), "pair")
	defer mine.Close()
	c, err := net.FileConn(mine)
	if err != nil {
		return err
	}
	r.passed = c.(*net.UnixConn)
	r.p.cmd.Stdout = theirs
	r.closers = append(r.closers, theirs, c)
	return nil
}

// receivePassed takes the descriptor that nc passes, and uses it.
func (r *dialectRun) receivePassed(string) {
	r.passed.SetReadDeadline(time.Now().Add(r.patience))
	b, oob := make([]byte, 16), make([]byte, 128)
	n, oobn, _, _, err := r.passed.ReadMsgUnix(b, oob)
	if err != nil {
		r.note("nothing is passed: %s", short(err))
		return
	}
	messages, _ := syscall.ParseSocketControlMessage(oob[:oobn])
	for _, m := range messages {
		fds, _ := syscall.ParseUnixRights(&m)
		r.note("passed %q and %d descriptor", b[:n], len(fds))
		for _, fd := range fds {
			syscall.Write(fd, []byte("through"))
			syscall.Close(fd)
		}
	}
}

// String returns all that is known of a run, without what differs from one to the
// next.
func (r *dialectRun) String() string {
	var b strings.Builder
	if r.p != nil && r.p.cmd.ProcessState != nil {
		fmt.Fprintf(&b, "status %s\n", r.p.status())
		r.printLines(&b, "stdout", r.p.stdout.String())
		r.printLines(&b, "stderr", r.p.stderr.String())
	}
	b.WriteString(r.log.String())
	return r.anonymous(b.String())
}

func (r *dialectRun) printLines(b *strings.Builder, what, text string) {
	if len(text) > 4000 {
		fmt.Fprintf(b, "%s %s\n", what, brief([]byte(text)))
		return
	}
	for line := range strings.Lines(text) {
		fmt.Fprintf(b, "%s %q\n", what, line)
	}
}

var (
	wholeNumber = regexp.MustCompile(`\b\d+\b`) // data may have a port's digits in it
	clientPort  = regexp.MustCompile(`(Connection received on \S+) \d+`)
	usageText   = regexp.MustCompile(`(?m)^stderr "usage: nc .*\n(stderr "\\t.*\n)*`)
	ncatVersion = regexp.MustCompile(`Ncat: Version .*\\n`)
	ncatSeconds = regexp.MustCompile(`in \d+\.\d\d seconds`)
	ownSocket   = regexp.MustCompile(`/(nc|gonc)-\w+/\w+(\.sock)?`)
)

// anonymous puts names in the place of ports and paths.
func (r *dialectRun) anonymous(text string) string {
	names := make(map[string]string)
	for i, n := range r.ports {
		names[strconv.Itoa(n)] = fmt.Sprintf("$P%d", i+1)
	}
	names[r.port] = "$PORT"
	text = strings.ReplaceAll(text, r.dir, "$DIR")
	text = wholeNumber.ReplaceAllStringFunc(text, func(n string) string { return cmp.Or(names[n], n) })
	text = usageText.ReplaceAllString(text, "stderr usage\n")
	text = ncatVersion.ReplaceAllString(text, `Ncat: Version\n`)
	text = ncatSeconds.ReplaceAllString(text, "in N seconds")
	if r.name == "ncat" {
		text = ofAnyNcat(text)
	}
	text = clientPort.ReplaceAllString(text, "$1 N")
	return ownSocket.ReplaceAllString(text, "/OWN")
}
