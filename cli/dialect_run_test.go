//go:build linux

package cli

import (
	"cmp"
	"errors"
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

	"gonc/internal/testutil"
)

// playBoth takes both programs through a case, at once, and returns what they
// did.
func playBoth(t *testing.T, c *dialectCase, theirs, ours dialectProgram) (their, our string) {
	t.Helper()
	a, b := newDialectRun(t, c, theirs), newDialectRun(t, c, ours)
	if c.hangs {
		a.patience = time.Second
	}
	var both sync.WaitGroup
	both.Go(a.play)
	both.Go(b.play)
	both.Wait()
	return a.String(), b.String()
}

// A dialectRun is one program on its way through a case.
type dialectRun struct {
	dialectProgram
	*fixture
	c     *dialectCase
	port  string
	ports [5]int
	names *strings.Replacer // puts ports and paths into the case
	p     *process
	log   strings.Builder
}

func newDialectRun(t *testing.T, c *dialectCase, p dialectProgram) *dialectRun {
	t.Helper()
	dir, err := os.MkdirTemp("", "d") // t.TempDir is too long for a Unix path
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := &dialectRun{dialectProgram: p, fixture: newFixture(dir), c: c, ports: testutil.FreePorts(t)}
	r.env = r
	return r
}

// Getenv and Setenv make the run an environment, of which there is only $PORT.
func (r *dialectRun) Getenv(string) string   { return "" }
func (r *dialectRun) Setenv(_, value string) { r.port = value }

// play does what the case says and writes down what happens.
func (r *dialectRun) play() {
	defer r.close()
	if err := r.begin(); err != nil {
		r.note("cannot begin: %v", err)
		return
	}
	for _, s := range r.c.steps {
		r.step(s)
	}
	r.step("end " + r.name)
}

// step takes a step and notes what it shows, or why it fails.
func (r *dialectRun) step(s string) {
	line := fields(r.names.Replace(s))
	shown, err := r.do(line[0], line[1:])
	if shown != "" {
		s += ": " + shown
	}
	if err != nil {
		s += ": " + short(err)
	}
	r.note("%s", s)
}

func (r *dialectRun) note(format string, args ...any) { fmt.Fprintf(&r.log, format+"\n", args...) }

// short returns what is the same in each error of a kind.
func short(err error) string {
	var errno syscall.Errno
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "nothing in time"
	case errors.As(err, &errno):
		return errno.Error()
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

// fields splits a command line at its spaces; ” holds a field together.
func fields(line string) (all []string) {
	for _, f := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1) {
		all = append(all, strings.Trim(f, "'"))
	}
	return all
}

// begin makes the files and the peers and starts the program.
func (r *dialectRun) begin() error {
	for _, name := range strings.Fields(r.c.files) {
		if err := makeFile(r.path(name)); err != nil {
			return err
		}
	}
	if err := r.openPorts(); err != nil {
		return err
	}
	r.port = strconv.Itoa(r.ports[0])
	network, dials := strings.CutPrefix(r.c.peer, "dial ")
	if network != "" && !dials {
		if err := r.acceptFirst(network); err != nil {
			return err
		}
	}
	pairs := []string{"$PORT", r.port, "$SOCK", r.path("s"), "$DIR", r.dir}
	for i, n := range r.ports {
		pairs = append(pairs, fmt.Sprintf("$P%d", i+1), strconv.Itoa(n))
	}
	r.names = strings.NewReplacer(pairs...)
	if err := r.makeProcess(); err != nil {
		return err
	}
	if err := r.add(r.name, r.p); err != nil {
		return err
	}
	if p := r.peers["peer"]; p != nil {
		p.client = r.p
	}
	if dials {
		r.dialFirst(network)
	}
	return nil
}

func makeFile(name string) error {
	if strings.HasSuffix(name, "/") {
		return os.Mkdir(name, 0o755)
	}
	return os.WriteFile(name, []byte("precious\n"), 0o644)
}

// openPorts listens on the ports of the case: says 220 to each client and waits
// for its end.
func (r *dialectRun) openPorts() error {
	for _, i := range strings.Fields(r.c.open) {
		n, _ := strconv.Atoi(i)
		ln, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(r.ports[n-1]))
		if err != nil {
			return err
		}
		r.opened = append(r.opened, ln)
		go serve(ln, func(c net.Conn) {
			io.WriteString(c, "220\n")
			io.Copy(io.Discard, c)
		})
	}
	return nil
}

// acceptFirst makes the peer that the program connects to.
func (r *dialectRun) acceptFirst(network string) error {
	switch network {
	case "full":
		return r.full([]string{"peer"})
	case "unix", "unixgram":
		return r.accept([]string{"peer", network, "s"})
	}
	return r.accept([]string{"peer", network})
}

// dialFirst makes the peer that connects to the program.
func (r *dialectRun) dialFirst(network string) {
	switch network {
	case "unix":
		r.step("dial peer unix s")
	case "unixgram":
		r.step("dial peer unixgram s own")
	case "udp", "udp6": // nothing else tells that it is there
		r.p.await(&r.p.stderr, "^Bound on |Listening on ")
		fallthrough
	default:
		r.step("dial peer " + network + " $PORT")
	}
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
		r.p.killRest = func() { syscall.Kill(-r.p.cmd.Process.Pid, syscall.SIGKILL) }
	} else {
		r.p = newProcess(filepath.Join(r.bin, r.name), fields(r.names.Replace(r.c.args))...)
		r.p.cmd.Args[0] = r.name // which messages begin with
	}
	r.p.patience = r.patience
	if r.c.script != "" {
		r.p.patience *= 3 // many programs, one after another, some of which make RSA keys
	}
	r.p.cmd.Dir = r.dir
	r.p.cmd.Env = append(os.Environ(), "PATH="+r.bin+":"+os.Getenv("PATH"), "TMPDIR="+r.dir,
		"GORACE=atexit_sleep_ms=0", "GONC_DIALECT=")
	if r.c.fd {
		theirs, err := r.p.passTo()
		if err != nil {
			return err
		}
		r.opened = append(r.opened, theirs, r.p.passes)
	}
	if r.c.stdin == "" || r.c.stdin == "-" {
		return r.input(r.p, r.c.stdin)
	}
	input := filepath.Join(r.bin, "stdin"+r.port)
	if err := os.WriteFile(input, []byte(r.names.Replace(r.c.stdin)), 0o600); err != nil {
		return err
	}
	defer os.Remove(input)
	return r.input(r.p, input)
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
