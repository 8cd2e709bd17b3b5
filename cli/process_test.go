package cli

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"gonc/internal/testutil"
)

// patience bounds every wait of these tests: what has not happened by then
// never will.
const patience = testutil.Timeout

// A process is a program that a test runs. Its outputs are collected unless
// cmd is given others before start.
type process struct {
	cmd            *exec.Cmd
	stdin          io.WriteCloser // nil unless a pipe was asked for
	stdout, stderr output
	patience       time.Duration // bounds every wait for it
	passes         net.Conn      // the other end of stdout, for -F; nil: it is collected
	killRest       func()        // ends what it has started; nil: nothing
	began          time.Time
	took           time.Duration
	ended          chan struct{}
}

func newProcess(name string, args ...string) *process {
	p := &process{cmd: exec.Command(name, args...), patience: patience, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.WaitDelay = patience / 4 // for children that keep an output open
	return p
}

// pipeStdin gives p a standard input that stays open until it is closed.
func (p *process) pipeStdin() (err error) {
	p.stdin, err = p.cmd.StdinPipe()
	return err
}

func (p *process) start() error {
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() {
		p.cmd.Wait()
		p.took = time.Since(p.began)
		close(p.ended)
	}()
	return nil
}

// wait returns how the process ended: its exit status as a number, or the
// signal that killed it in words. A process that does not end in time is an
// error with all that it has said, its goroutines included.
func (p *process) wait() (status string, err error) {
	select {
	case <-p.ended:
		return p.status(), nil
	case <-time.After(p.patience):
	}
	p.cmd.Process.Signal(syscall.SIGQUIT) // a Go program then says where it is
	select {
	case <-p.ended:
	case <-time.After(2 * time.Second):
		p.kill()
	}
	return "", fmt.Errorf("%v did not end within %v\n%s", p.cmd.Args, p.patience, p)
}

func (p *process) status() string {
	ws := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return ws.Signal().String()
	}
	return strconv.Itoa(p.cmd.ProcessState.ExitCode())
}

// kill ends what is left of p.
func (p *process) kill() {
	select {
	case <-p.ended:
		return
	default:
	}
	if p.killRest != nil {
		p.killRest()
	}
	p.cmd.Process.Kill()
	<-p.ended
}

func (p *process) String() string {
	var said []string
	for part := range strings.SplitSeq(p.stderr.String(), "\n\n") {
		if !strings.HasPrefix(part, "goroutine ") || strings.Contains(part, "gonc") {
			said = append(said, part)
		}
	}
	return fmt.Sprintf("[stdout]\n%.2000s\n[stderr]\n%.9000s", p.stdout.String(), strings.Join(said, "\n\n"))
}

// output collects what a process writes and lets others wait for it.
type output struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	change chan struct{} // closed at the next write; nil: nothing waits
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.change != nil {
		close(o.change)
		o.change = nil
	}
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// changed returns what there is, and what is closed when there is more.
func (o *output) changed() (string, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.change == nil {
		o.change = make(chan struct{})
	}
	return o.buf.String(), o.change
}

// await returns the first match of re, and of its groups, in what p writes to
// o, which is one of its outputs.
func (p *process) await(o *output, re string) ([]string, error) {
	pattern, err := regexp.Compile("(?m)" + re)
	if err != nil {
		return nil, err
	}
	late := time.After(p.patience)
	for ended := false; ; {
		text, change := o.changed()
		if m := pattern.FindStringSubmatch(text); m != nil {
			return m, nil
		}
		if ended {
			return nil, fmt.Errorf("%v ended (%s) without %q\n%s", p.cmd.Args, p.status(), re, p)
		}
		select {
		case <-change:
		case <-p.ended:
			ended = true // and what it wrote last is looked at
		case <-late:
			return nil, fmt.Errorf("%v did not say %q within %v\n%s", p.cmd.Args, re, p.patience, p)
		}
	}
}

// port returns the port that a gonc -v listens on.
func (p *process) port() (string, error) {
	m, err := p.await(&p.stderr, `^Listening on \S+ (\d+)$`)
	if err != nil {
		return "", err
	}
	return m[1], nil
}
