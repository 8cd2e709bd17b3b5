package command

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// A Process is a program that runs, as a connection: Write is what it reads
// from its standard input, Read what it has written to its standard output.
// Closing its standard input is CloseWrite.
//
// Read returns io.EOF once the program has closed its standard output, or has
// ended and all that it wrote was read; it does not wait for what the program
// has left behind, which may hold the pipe forever. Write drops what the
// program does not read any more, so that the other side can go on sending
// while it gets what the program wrote.
type Process struct {
	name string
	cmd  *exec.Cmd
	in   *os.File // its standard input
	out  *output  // its standard output

	done  chan struct{} // closed when it has ended
	mu    sync.Mutex
	ended bool // it has been waited for: its number may be another's
}

var _ net.Conn = (*Process)(nil)

// Start runs p for a connection that gives a stream. env is added to its
// environment. Close gives back what the Process has.
func (p *Program) Start(env []string) (*Process, error) { return p.start(env, os.Pipe) }

// StartPackets starts the program for a connection of datagrams: each of the program's
// writes is one Read, where the system can keep them apart.
func (p *Program) StartPackets(env []string) (*Process, error) { return p.start(env, packetPipe) }

// start runs p with a standard output that pipe makes.
func (p *Program) start(env []string, pipe func() (r, w *os.File, err error)) (*Process, error) {
	cmd, err := p.prepare(env)
	if err != nil {
		return nil, err
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, &StartError{p.Args[0], err}
	}
	out, theirOut, err := pipe()
	if err != nil {
		theirIn.Close()
		in.Close()
		return nil, &StartError{p.Args[0], err}
	}
	cmd.Stdin, cmd.Stdout = theirIn, theirOut
	err = cmd.Start()
	theirIn.Close()
	theirOut.Close()
	if err != nil {
		in.Close()
		out.Close()
		return nil, startError(p.Args[0], err)
	}
	c := &Process{name: p.String(), cmd: cmd, in: in, out: newOutput(out), done: make(chan struct{})}
	go c.wait()
	return c, nil
}

// wait is the goroutine that waits for the program to end. Its error is in
// the state of the process.
func (c *Process) wait() {
	c.cmd.Wait()
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.in.SetWriteDeadline(time.Unix(1, 0))
	c.out.finish()
	close(c.done)
}

// Done returns a channel that is closed when the program has ended.
func (c *Process) Done() <-chan struct{} { return c.done }

// State says how the program ended, once it has.
func (c *Process) State() *os.ProcessState {
	<-c.done
	return c.cmd.ProcessState
}

// Read reads what the program wrote.
func (c *Process) Read(p []byte) (int, error) { return c.out.Read(p) }

// Write gives p to the program.
func (c *Process) Write(p []byte) (int, error) {
	n, err := c.in.Write(p)
	switch {
	case err == nil:
	case errors.Is(err, syscall.EPIPE), errors.Is(err, os.ErrClosed), isBrokenPipe(err):
		return len(p), nil
	case errors.Is(err, os.ErrDeadlineExceeded) && c.hasEnded():
		return len(p), nil
	}
	return n, err
}

func (c *Process) hasEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// CloseWrite closes the program's standard input.
func (c *Process) CloseWrite() error { return c.in.Close() }

// Close closes what the program reads and writes, once it is not needed any
// more. It does not end the program: see Hangup.
func (c *Process) Close() error {
	c.in.Close()
	return c.out.Close()
}

// SetDeadline sets both deadlines. That of a program which has ended stays.
func (c *Process) SetDeadline(t time.Time) error {
	c.SetWriteDeadline(t)
	return c.SetReadDeadline(t)
}

// SetReadDeadline ends a Read.
func (c *Process) SetReadDeadline(t time.Time) error { return c.out.setDeadline(t) }

// SetWriteDeadline ends a Write.
func (c *Process) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil
	}
	return c.in.SetWriteDeadline(t)
}

// LocalAddr returns the program's name.
func (c *Process) LocalAddr() net.Addr { return addr{c.name} }

// RemoteAddr returns the program's name.
func (c *Process) RemoteAddr() net.Addr { return addr{c.name} }
