// Package command runs a program whose standard input and output are a
// connection's, and shows it as one: what is written to it the program reads,
// what the program writes is read from it.
package command

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// A Program is what to run. Its standard error is that of this process.
type Program struct {
	// Args are the program, which is looked for along PATH unless it has a
	// slash, and its arguments.
	Args []string

	// Env is the environment that is added to.
	Env []string

	line string // for the shell; Args is the shell's
}

// Direct returns a Program without a shell in between.
func Direct(args []string) *Program { return &Program{Args: args} }

// Shell returns a Program that has the system's shell run a line.
func Shell(line string) *Program { return &Program{Args: append(shell(), line), line: line} }

// String returns what the user has named: the program, or the shell's line.
func (p *Program) String() string {
	if p.line != "" {
		return p.line
	}
	return p.Args[0]
}

// A StartError says that a program could not be started. Err is an
// exec.ErrNotFound, or why the file that was found can't be run.
type StartError struct {
	Name string
	Err  error
}

func (e *StartError) Error() string { return fmt.Sprintf("run %s: %v", e.Name, e.Err) }

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Err }

// Local returns true: it is about this machine.
func (*StartError) Local() bool { return true }

// Check returns the *StartError of a program that is not there or that can't
// be executed, as far as that can be known without running it.
func (p *Program) Check() error {
	_, err := p.path()
	return err
}

// path finds the program.
func (p *Program) path() (string, error) {
	name := p.Args[0]
	path, err := exec.LookPath(name)
	if err == nil {
		return path, nil
	}
	if info, statErr := os.Stat(name); statErr == nil && info.IsDir() && strings.ContainsRune(name, os.PathSeparator) {
		err = syscall.EISDIR
	}
	return "", startError(name, err)
}

// startError returns the error of a program that could not be started, without
// the names of calls.
func startError(name string, err error) *StartError {
	var exe *exec.Error
	if errors.As(err, &exe) {
		err = exe.Err
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &StartError{name, err}
}

// addr is the address of a program.
type addr struct{ name string }

func (a addr) Network() string { return "command" }
func (a addr) String() string  { return a.name }

// prepare returns the command of p for one connection, without its files.
func (p *Program) prepare(env []string) (*exec.Cmd, error) {
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	cmd := &exec.Cmd{Path: path, Args: p.Args, Env: append(p.Env[:len(p.Env):len(p.Env)], env...), Stderr: os.Stderr}
	p.setSysProcAttr(cmd)
	return cmd, nil
}

// prefixes of the variables that tell a program about its connection.
// Programs written for ncat know the second.
var prefixes = [...]string{"GONC_", "NCAT_"}

// Environment returns the variables that tell a program about its connection.
func Environment(c net.Conn) []string {
	remoteAddr, remotePort := split(c.RemoteAddr())
	localAddr, localPort := split(c.LocalAddr())
	env := make([]string, 0, 5*len(prefixes))
	for _, prefix := range prefixes {
		env = append(env,
			prefix+"REMOTE_ADDR="+remoteAddr, prefix+"REMOTE_PORT="+remotePort,
			prefix+"LOCAL_ADDR="+localAddr, prefix+"LOCAL_PORT="+localPort,
			prefix+"PROTO="+protocol(c.LocalAddr()))
	}
	return env
}

// protocol returns the name of a's protocol.
func protocol(a net.Addr) string {
	if _, ok := a.(*net.UnixAddr); ok {
		return "UNIX"
	}
	return strings.ToUpper(strings.TrimRight(a.Network(), "46"))
}

// split returns the parts of an address. Those of a Unix socket are its path
// and nothing.
func split(a net.Addr) (host, port string) {
	if a == nil {
		return "", ""
	}
	if _, ok := a.(*net.UnixAddr); ok {
		return strings.ReplaceAll(a.String(), "\x00", "@"), ""
	}
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String(), ""
	}
	return host, port
}
