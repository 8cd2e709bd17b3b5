package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"gonc/relay/command"
)

// errCommandOver ends the relay of a command that has ended, once all that it
// wrote was sent.
var errCommandOver = errors.New("the command has ended")

// errSessionOver ends the relay of a command whose session of datagrams has
// ended.
var errSessionOver = errors.New("the session has ended")

// sessionGrace is the time that a command has for its answer after the end of
// a session of datagrams. Datagrams have no EOF: it means that the session has
// made room for another one, which a command that does not read must not prevent.
const sessionGrace = time.Second

// A Command runs a program for each connection, with the connection as its
// standard input and output: EOF of the peer is that of its standard input.
// The connection is closed when the program has ended and all that it wrote
// was delivered, whatever the peer does meanwhile. When the session ends in
// another way, because the peer has gone, for example, the program and what
// it started get a hangup, and are killed if they do not heed it.
type Command struct {
	// Program is the program to run.
	Program *command.Program

	// Remote and OnEnd are those of a Stdio; OnEnd is also called if the
	// program could not be started. Idle is the Policy's.
	Remote func(net.Conn) End
	Idle   time.Duration
	OnEnd  func(net.Addr, Totals)

	// OnExit, if not nil, is called when the program has ended.
	OnExit func(remote net.Addr, state *os.ProcessState)
}

// Serve is a Handler. Its errors are a *command.StartError and those of Pipe.
func (h *Command) Serve(ctx context.Context, c net.Conn) error {
	defer c.Close()
	totals := Totals{Began: time.Now()}
	if h.OnEnd != nil {
		defer func() { h.OnEnd(c.RemoteAddr(), totals) }()
	}
	end := endOf(c, h.Remote)
	start := h.Program.Start
	if end.Datagram {
		start = h.Program.StartPackets
	}
	p, err := start(command.Environment(c))
	if err != nil {
		return err
	}
	defer p.Close()
	totals, err = h.relay(ctx, p, end)
	c.Close()
	switch err {
	case nil:
		stop := context.AfterFunc(ctx, p.Hangup)
		defer stop()
	case errSessionOver:
		p.Hangup()
		err = nil
	default:
		p.Hangup()
	}
	state := p.State()
	if h.OnExit != nil {
		h.OnExit(c.RemoteAddr(), state)
	}
	return err
}

// relay joins p and remote until the program has ended and all was delivered,
// or p has closed its output and the peer is at EOF, or the session fails.
func (h *Command) relay(ctx context.Context, p *command.Process, remote End) (Totals, error) {
	session, cancel := context.WithCancelCause(ctx)
	var watchers sync.WaitGroup
	defer watchers.Wait()
	defer cancel(nil)
	mine := End{R: p, W: p, CloseWrite: p.CloseWrite}
	if remote.Datagram {
		mine.CloseWrite = func() error {
			over := time.AfterFunc(sessionGrace, func() { cancel(errSessionOver) })
			watchers.Go(func() {
				<-session.Done()
				over.Stop()
			})
			return p.CloseWrite()
		}
	}
	mine.src.interrupt = func() { p.SetReadDeadline(past) }
	mine.dst.interrupt = func() { p.SetWriteDeadline(past) }
	remote.W = &peerWriter{remote.W, cancel}
	closeWrite := remote.CloseWrite
	remote.CloseWrite = func() error { // all that the program wrote was sent
		watchers.Go(func() {
			select {
			case <-p.Done():
				cancel(errCommandOver)
			case <-session.Done():
			}
		})
		if closeWrite == nil {
			return nil
		}
		return closeWrite()
	}
	x := newReferee(&mine, &remote, Policy{Idle: h.Idle})
	watchers.Go(func() { x.watchUnread(session, cancel) })
	x.run(session)
	if x.err == errCommandOver {
		x.err = nil
	}
	x.closeWell(ctx)
	return x.totals(), x.err
}

// A peerWriter ends a session with the first error of a write: the peer has
// gone, and what the program does with what came from it concerns nothing.
type peerWriter struct {
	w      io.Writer
	cancel context.CancelCauseFunc
}

func (w *peerWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	if err != nil && !interrupted(err) {
		w.cancel(err)
	}
	return n, err
}
