package cli

import (
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// script is what one script has running.
type script struct {
	processes map[string]*process
	peers     map[string]*peer
	last      *process // that ended
}

type scriptKey struct{}

// scriptCommands are what the scripts have beside testscript's own. A program
// is given as
//
//	[<file | <-] name arguments…
//
// and reads file, or with <- a pipe that stays open and idle until feed and
// feedeof, or else /dev/null. After run and end, stdout and stderr look at
// what the program wrote.
//
//	run status program       run to the end; status is a number, or a signal: terminated
//	start p program          start in the background, as p
//	listen p program         start, wait for "Listening on", set $PORT
//	await p stdout|stderr re wait until p has written what re matches
//	feed p text              write to the standard input of p
//	feedeof p                end it
//	signal p SIGTERM         send a signal
//	end p status             wait for the end
//	took min max             how long the last program that ended took
//
//	accept x tcp|tcp6|udp    a peer x that listens; sets $PORT
//	accept x unix|unixgram path
//	full x                   one whose backlog is full; sets $PORT
//	dial x tcp|udp port      a peer x that connects to loopback
//	dial x unix|unixgram path  or to a Unix socket
//	send x text              \n, \r and \x00 in text are what they are in Go
//	recv x text              the next bytes are text; the next datagram is text
//	recveof x                next is the end
//	silent x time            nothing comes
//	shut, reset, close x
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"run":     command(2, scriptRun),
	"start":   command(2, scriptStart),
	"listen":  command(2, scriptListen),
	"await":   command(3, scriptAwait),
	"feed":    command(2, scriptFeed),
	"feedeof": command(1, scriptFeedEOF),
	"signal":  command(2, scriptSignal),
	"end":     command(2, scriptEnd),
	"took":    command(2, scriptTook),
	"accept":  command(2, scriptAccept),
	"full":    command(1, scriptFull),
	"dial":    command(3, scriptDial),
	"send":    onPeerText((*peer).send),
	"recv":    onPeerText((*peer).recv),
	"silent":  command(2, scriptSilent),
	"recveof": onPeer((*peer).recvEOF),
	"shut":    onPeer((*peer).shut),
	"reset":   onPeer((*peer).reset),
	"close":   onPeer(func(p *peer) error { p.close(); return nil }),
}

// A step is a command of a script.
type step struct {
	*testscript.TestScript
	*script
	args []string
}

// command makes a command of f that takes least arguments or more.
func command(least int, f func(*step) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < least {
			ts.Fatalf("wrong use of a command; see script_test.go")
		}
		ts.Check(f(&step{ts, ts.Value(scriptKey{}).(*script), args}))
	}
}

func onPeer(f func(*peer) error) func(*testscript.TestScript, bool, []string) {
	return command(1, func(s *step) error { return f(s.peer()) })
}

func onPeerText(f func(*peer, []byte) error) func(*testscript.TestScript, bool, []string) {
	return command(2, func(s *step) error {
		b, err := unescape(s.args[1])
		if err != nil {
			return err
		}
		return f(s.peer(), b)
	})
}

func (s *step) peer() *peer {
	p := s.peers[s.args[0]]
	if p == nil {
		s.Fatalf("there is no peer %s", s.args[0])
	}
	return p
}

func (s *step) process() *process {
	p := s.processes[s.args[0]]
	if p == nil {
		s.Fatalf("there is no process %s", s.args[0])
	}
	return p
}

func (s *step) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	s.Check(err)
	return d
}

// program starts the program that args[1:] give, as args[0].
func (s *step) program() (*process, error) {
	name, line := s.args[0], s.args[1:]
	input := ""
	if from, ok := strings.CutPrefix(line[0], "<"); ok {
		input, line = from, line[1:]
	}
	p := newProcess(line[0], line[1:]...)
	p.cmd.Dir = s.MkAbs(".")
	p.cmd.Env = append(os.Environ(), "GONC_DIALECT="+s.Getenv("GONC_DIALECT"), "TMPDIR="+s.Getenv("TMPDIR"),
		"GONC_PROXY_AUTH="+s.Getenv("GONC_PROXY_AUTH"), "GONC_PROXY_PASSWORD="+s.Getenv("GONC_PROXY_PASSWORD"))
	if err := s.input(p, input); err != nil {
		return nil, err
	}
	if err := p.start(); err != nil {
		return nil, err
	}
	s.Defer(p.kill)
	s.processes[name] = p
	return p, nil
}

// input sets what p reads.
func (s *step) input(p *process, name string) error {
	switch name {
	case "":
		return nil
	case "-":
		w, err := p.cmd.StdinPipe()
		p.stdin = w
		return err
	}
	f, err := os.Open(s.MkAbs(name))
	if err == nil {
		p.cmd.Stdin = f
		s.Defer(func() { f.Close() })
	}
	return err
}

func scriptRun(s *step) error {
	status := s.args[0]
	p, err := s.program()
	if err != nil {
		return err
	}
	return s.finish(p, status)
}

// finish waits for the end of p and shows what it wrote to the script.
func (s *step) finish(p *process, status string) error {
	got, err := p.wait()
	if err != nil {
		return err
	}
	io.WriteString(s.Stdout(), p.stdout.String())
	io.WriteString(s.Stderr(), p.stderr.String())
	s.last = p
	if got != status {
		s.Fatalf("%v ended with %s, not %s\n%s", p.cmd.Args, got, status, p)
	}
	return nil
}

func scriptStart(s *step) error {
	_, err := s.program()
	return err
}

func scriptListen(s *step) error {
	p, err := s.program()
	if err != nil {
		return err
	}
	port, err := p.port()
	s.Setenv("PORT", port)
	return err
}

func scriptAwait(s *step) error {
	p := s.process()
	o := &p.stdout
	if s.args[1] == "stderr" {
		o = &p.stderr
	}
	_, err := p.await(o, s.args[2])
	return err
}

func scriptFeed(s *step) error {
	b, err := unescape(s.args[1])
	if err == nil {
		_, err = s.process().stdin.Write(b)
	}
	return err
}

func scriptFeedEOF(s *step) error { return s.process().stdin.Close() }

func scriptSignal(s *step) error {
	signals := map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP}
	return s.process().cmd.Process.Signal(signals[s.args[1]])
}

func scriptEnd(s *step) error { return s.finish(s.process(), s.args[1]) }

func scriptTook(s *step) error {
	if took := s.last.took; took < s.duration(s.args[0]) || took > s.duration(s.args[1]) {
		s.Fatalf("%v took %v, which is not between %s and %s", s.last.cmd.Args, took, s.args[0], s.args[1])
	}
	return nil
}

// add makes p the peer args[0].
func (s *step) add(p *peer, err error) error {
	if err != nil {
		return err
	}
	s.Defer(p.close)
	s.peers[s.args[0]] = p
	s.Setenv("PORT", p.port())
	return nil
}

func scriptAccept(s *step) error {
	if len(s.args) > 2 {
		return s.add(newUnixPeer(s.args[1], s.MkAbs(s.args[2])))
	}
	return s.add(newPeer(s.args[1]))
}

func scriptFull(s *step) error {
	p, err := newPeer("tcp")
	if err == nil {
		err = p.fill()
	}
	return s.add(p, err)
}

func scriptDial(s *step) error {
	at := "127.0.0.1:" + s.args[2]
	if strings.HasPrefix(s.args[1], "unix") {
		at = s.MkAbs(s.args[2])
	}
	p, err := dialPeer(s.args[1], at)
	if err != nil {
		return err
	}
	s.Defer(p.close)
	s.peers[s.args[0]] = p
	return nil
}

func scriptSilent(s *step) error { return s.peer().silent(s.duration(s.args[1])) }
