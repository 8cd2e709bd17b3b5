package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// Stdio is the relay between standard input and output and one connection.
type Stdio struct {
	// Local is the End to join to the connection; see Files.
	Local End

	// Remote makes the End of the connection. Nil means Conn.
	Remote func(net.Conn) End

	// Policy says what happens when one side ends.
	Policy Policy

	// OnEnd, if not nil, is told what was moved, and for whom, when it is all
	// over.
	OnEnd func(remote net.Addr, t Totals)
}

// Serve is a Handler that relays until both sides have ended, or the policy
// or ctx ends it. It does not close Local. Its errors are those of Pipe. The
// close resets a TCP connection whose remote did not get everything, or sends
// what cannot be written any more.
func (s *Stdio) Serve(ctx context.Context, c net.Conn) error {
	defer c.Close()
	remote := Conn
	if s.Remote != nil {
		remote = s.Remote
	}
	end := remote(c)
	totals, err := Pipe(ctx, s.Local, end, s.Policy)
	refuses := unwritable(err) && !totals.ended
	if !end.Datagram && worthSettling(ctx, err) && !(refuses && allAcked(c)) {
		if e := settle(ctx, c, totals.ended, s.Policy.patience()); e != nil && !unwritable(err) {
			err = e
		}
	}
	if totals.lost || refuses {
		abortive(c)
	}
	if s.OnEnd != nil {
		s.OnEnd(c.RemoteAddr(), totals)
	}
	return err
}

// abortive has the close of c reset the connection, so that its peer does not
// take what it got for all there was. A Unix socket has no such thing.
func abortive(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
}

// allAcked reports whether nothing that was written to c is still on its way.
func allAcked(c net.Conn) bool {
	left, known := unacked(c)
	return known && left == 0
}

// patience is how long the remote may acknowledge nothing when all is over
// but for that; zero: for as long as its system is there.
func (p *Policy) patience() time.Duration {
	if p.Linger > 0 && (p.Idle <= 0 || p.Idle > stallLimit) {
		return stallLimit
	}
	return p.Idle
}

// worthSettling reports whether there may be bytes on their way to the remote
// that closing the connection could lose, after Pipe has returned err.
func worthSettling(ctx context.Context, err error) bool {
	return ctx.Err() == nil && (err == nil || err == ErrIdle || unwritable(err))
}

// unwritable reports whether err is that standard output could not be written.
func unwritable(err error) bool {
	var local *LocalError
	return errors.As(err, &local) && local.Op == "write"
}

// Files returns an End that reads in and writes out; nil for one of them
// means that this direction is not used. The End takes both over: its
// CloseWrite closes out, in whose place a descriptor of /dev/null remains. A
// relay both of whose sides have ended leaves that to the exit of the program,
// unless out is a file.
//
// Where the system allows it reads and writes can be interrupted, and never
// is a flag of the descriptors changed, which belong to the caller's shell as
// well. A terminal whose foreground is another process group is not read.
func Files(in, out *os.File) End {
	var e End
	var stops []func()
	if in != nil {
		r, stop := openInput(in)
		e.R = r
		e.await = awaitInput(r)
		e.ready = func() bool { return readable(in) }
		stops = append(stops, stop)
	}
	if out != nil {
		w, stop, closeWrite := openOutput(out)
		e.W, e.CloseWrite = w, closeWrite
		e.exitCloses = w != io.Writer(out) // a file's close may have something to say
		stops = append(stops, stop)
	}
	e.interrupt = func() {
		for _, stop := range stops {
			stop()
		}
	}
	return e
}
