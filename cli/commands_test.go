package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A command is one step of a script (testdata/script) or of a case that is
// compared with another netcat (dialect_test.go).
type command struct {
	name  string
	least int // arguments
	do    func(*fixture, []string) error
}

// commands is the table of all commands. A program is given as
//
//	[<file | <-] name arguments…
//
// and reads file, or with <- a pipe that stays open and idle until feed and
// feedeof, or else /dev/null. After run and end, a script sees with stdout and
// stderr what the program wrote, and after a command that shows something,
// with stdout what that was.
//
//	run status program       run to the end; status is a number, or a signal: terminated
//	start p program          start in the background, as p
//	listen p program         start, wait for "Listening on", set $PORT
//	await p stdout|stderr re wait until p has written what re matches
//	feed p text              write to the standard input of p
//	feedeof p                end the standard input of p
//	signal p SIGTERM         send a signal
//	stays p time             p runs for so long; then it is killed
//	end p [status]           wait for the end
//	took min [max]           how long the last program that ended took
//	passed p                 take the descriptor that p passes (-F), use it, show what came
//
//	accept x tcp|tcp6|udp    a peer x that listens; sets $PORT
//	accept x unix|unixgram path
//	full x                   one whose backlog is full; sets $PORT
//	dial x tcp|tcp6|udp port  a peer x that connects to loopback, as soon as a program listens
//	dial x unix path         or to a Unix socket
//	dial x unixgram path [own]  from a socket without a name or at own
//	connected x              wait for the connection of x, as all below but close do
//	send x text              \n, \r and \x00 in text are what they are in Go
//	flood x n                send n bytes
//	recv x text              the next bytes are text; the next datagram is text
//	recveof x                next is the end
//	read x n|line|head|datagram|all  show n bytes, to the end of a line, to an empty line…
//	silent x time            nothing comes
//	shut, reset, close x
//
//	ls                       show the names of the files of the test
//	file name                show what it holds
var commands = []command{
	{"run", 2, (*fixture).run},
	{"start", 2, (*fixture).start},
	{"listen", 2, (*fixture).listen},
	{"await", 3, onProcess((*process).awaitCommand)},
	{"feed", 2, onProcess((*process).feed)},
	{"feedeof", 1, onProcess((*process).feedEOF)},
	{"signal", 2, onProcess((*process).signalCommand)},
	{"stays", 2, onProcess((*process).stays)},
	{"end", 1, (*fixture).end},
	{"took", 1, (*fixture).took},
	{"passed", 1, (*fixture).passed},
	{"accept", 2, (*fixture).accept},
	{"full", 1, (*fixture).full},
	{"dial", 3, (*fixture).dial},
	{"connected", 1, onPeer(func(p *peer) error { _, err := p.conn(); return err })},
	{"send", 2, onPeerText((*peer).send)},
	{"flood", 2, onPeerWith((*peer).flood)},
	{"recv", 2, onPeerText((*peer).recv)},
	{"recveof", 1, onPeer((*peer).recvEOF)},
	{"read", 2, (*fixture).read},
	{"silent", 2, onPeerWith((*peer).silentCommand)},
	{"shut", 1, onPeer((*peer).shut)},
	{"reset", 1, onPeer((*peer).reset)},
	{"close", 1, onPeer(func(p *peer) error { p.close(); return nil })},
	{"ls", 0, (*fixture).ls},
	{"file", 1, (*fixture).file},
}

// A fixture has the programs and the peers of one script or case.
type fixture struct {
	dir       string // of the test; paths are relative to it
	env       environment
	processes map[string]*process // the latest of each name
	peers     map[string]*peer
	began     []*process
	opened    []io.Closer
	patience  time.Duration   // that peers have
	last      *process        // that ended
	shown     strings.Builder // by the last command
}

// running reports whether a program runs.
func (f *fixture) running() bool {
	return slices.ContainsFunc(f.began, func(p *process) bool {
		select {
		case <-p.ended:
			return false
		default:
			return true
		}
	})
}

// An environment has variables of a script or of a case.
type environment interface {
	Getenv(name string) string
	Setenv(name, value string)
}

func newFixture(dir string) *fixture {
	return &fixture{dir: dir, patience: patience, processes: map[string]*process{}, peers: map[string]*peer{}}
}

// close ends all programs and peers that are left.
func (f *fixture) close() {
	for _, p := range f.began {
		p.kill()
	}
	for _, c := range f.opened {
		c.Close()
	}
}

// do runs a command and returns what it shows.
func (f *fixture) do(name string, args []string) (shown string, err error) {
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == name })
	if i < 0 || len(args) < commands[i].least {
		return "", fmt.Errorf("wrong use of command %s; see commands_test.go", name)
	}
	f.shown.Reset()
	err = commands[i].do(f, args)
	return f.shown.String(), err
}

func (f *fixture) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.dir, name)
}

// Programs.

func onProcess(do func(*process, []string) error) func(*fixture, []string) error {
	return func(f *fixture, args []string) error {
		p, err := f.process(args[0])
		if err != nil {
			return err
		}
		return do(p, args[1:])
	}
}

func (f *fixture) process(name string) (*process, error) {
	if p := f.processes[name]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("there is no process %s", name)
}

// program starts a program as name.
func (f *fixture) program(name string, line []string) (*process, error) {
	input := ""
	if from, ok := strings.CutPrefix(line[0], "<"); ok {
		input, line = from, line[1:]
	}
	p := newProcess(line[0], line[1:]...)
	p.cmd.Dir = f.dir
	p.cmd.Env = os.Environ()
	for _, own := range []string{"GONC_DIALECT", "TMPDIR", "GONC_PROXY_AUTH", "GONC_PROXY_PASSWORD"} {
		p.cmd.Env = append(p.cmd.Env, own+"="+f.env.Getenv(own))
	}
	if err := f.input(p, input); err != nil {
		return nil, err
	}
	return p, f.add(name, p)
}

// add starts p as name.
func (f *fixture) add(name string, p *process) error {
	err := p.start()
	if err == nil {
		f.processes[name] = p
		f.began = append(f.began, p)
	}
	return err
}

// input sets what p reads.
func (f *fixture) input(p *process, name string) error {
	switch name {
	case "":
		return nil
	case "-":
		return p.pipeStdin()
	}
	file, err := os.Open(f.path(name))
	if err == nil {
		p.cmd.Stdin = file
		f.opened = append(f.opened, file)
	}
	return err
}

func (f *fixture) run(args []string) error {
	p, err := f.program("run", args[1:])
	if err != nil {
		return err
	}
	return f.ended(p, args[0])
}

func (f *fixture) start(args []string) error {
	_, err := f.program(args[0], args[1:])
	return err
}

func (f *fixture) listen(args []string) error {
	p, err := f.program(args[0], args[1:])
	if err != nil {
		return err
	}
	port, err := p.port()
	f.env.Setenv("PORT", port)
	return err
}

func (f *fixture) end(args []string) error {
	p, err := f.process(args[0])
	if err != nil {
		return err
	}
	return f.ended(p, args[1:]...)
}

// ended waits for the end of p.
func (f *fixture) ended(p *process, status ...string) error {
	got, err := p.wait()
	if err != nil {
		return err
	}
	f.last = p
	if len(status) > 0 && got != status[0] {
		return fmt.Errorf("%v ended with %s, not %s\n%s", p.cmd.Args, got, status[0], p)
	}
	return nil
}

func (f *fixture) took(args []string) error {
	limits := [2]time.Duration{0, time.Hour}
	for i, arg := range args {
		var err error
		if limits[i], err = time.ParseDuration(arg); err != nil {
			return err
		}
	}
	if f.last == nil {
		return errors.New("no program has ended")
	}
	if took := f.last.took; took < limits[0] || took > limits[1] {
		return fmt.Errorf("%v took %v, which is not between %v", f.last.cmd.Args, took, args)
	}
	return nil
}

// awaitCommand waits for what args[1] matches in the output args[0].
func (p *process) awaitCommand(args []string) error {
	o := &p.stdout
	if args[0] == "stderr" {
		o = &p.stderr
	}
	_, err := p.await(o, args[1])
	return err
}

var errNoPipe = errors.New("its standard input is not a pipe")

func (p *process) feed(args []string) error {
	if p.stdin == nil {
		return errNoPipe
	}
	b, err := unescape(args[0])
	if err == nil {
		_, err = p.stdin.Write(b)
	}
	return err
}

func (p *process) feedEOF([]string) error {
	if p.stdin == nil {
		return errNoPipe
	}
	err := p.stdin.Close()
	if errors.Is(err, os.ErrClosed) { // the process has ended already, and Wait has closed it
		return nil
	}
	return err
}

func (p *process) signalCommand(args []string) error {
	signals := map[string]os.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP}
	if signals[args[0]] == nil {
		return fmt.Errorf("unknown signal %s", args[0])
	}
	return p.cmd.Process.Signal(signals[args[0]])
}

func (p *process) stays(args []string) error {
	long, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	select {
	case <-p.ended:
		return errors.New("it has ended")
	case <-time.After(long):
		p.kill()
		return nil
	}
}

// Files.

func (f *fixture) ls([]string) error {
	entries, err := os.ReadDir(f.dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	f.shown.WriteString(strings.Join(names, " "))
	return err
}

func (f *fixture) file(args []string) error {
	b, err := os.ReadFile(f.path(args[0]))
	f.shown.WriteString(brief(b))
	return err
}

// brief returns b, or as much of it as one can look at.
func brief(b []byte) string {
	if len(b) <= 400 {
		return strconv.Quote(string(b))
	}
	return fmt.Sprintf("%d bytes: %q…%q", len(b), b[:40], b[len(b)-40:])
}
