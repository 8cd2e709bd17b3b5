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
	// Local is the End to join to the connection; see Files, and for several
	// connections, one after another, Shared.
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
// or ctx ends it. What becomes of Local and what its errors are, Pipe says. The
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
		if e := settle(ctx, c, totals.ended, s.Policy.patience(err)); e != nil && !unwritable(err) {
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
// but for that, and for err to be told; zero: for as long as its system is
// there.
func (p *Policy) patience(err error) time.Duration {
	if (p.Linger > 0 || unwritable(err)) && (p.Idle <= 0 || p.Idle > stallLimit) {
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
// means that this direction is not used.
//
// Where the system allows it reads and writes can be interrupted, for which
// pipes and terminals may be opened anew. Never is a flag of the descriptors
// changed, which belong to the caller's shell as well. A terminal whose
// foreground is another process group is not read.
//
// The End is for the last session of the program. Its CloseWrite closes out,
// in whose place a descriptor of /dev/null remains. A relay both of whose
// sides have ended leaves that to the exit of the program, unless out is a
// file. The exit also closes in, and what was opened. For other sessions see
// Shared.
func Files(in, out *os.File) End {
	var e End
	var stops, releases []func()
	if in != nil {
		r, stop, release := openInput(in)
		e.R = r
		e.await = awaitInput(r)
		e.ready = func() bool { return readable(in) }
		stops, releases = append(stops, stop), append(releases, release)
	}
	if out != nil {
		w, stop, release := openOutput(out)
		e.W = w
		e.CloseWrite = func() error { release(); return closeFile(out) }
		e.exitCloses = w != io.Writer(out) // a file's close may have something to say
		stops, releases = append(stops, stop), append(releases, release)
	}
	e.interrupt, e.release, e.exitReleases = all(stops), all(releases), true
	return e
}

// Shared returns e, which is of Files, for one of several sessions that have
// the same files one after another. Each needs an End of its own, because what
// interrupts one stays interrupted. The files stay open, and Pipe closes what
// was opened for the session.
func Shared(e End) End {
	e.CloseWrite, e.exitReleases = nil, false
	return e
}

// all returns what calls each of fs.
func all(fs []func()) func() {
	return func() {
		for _, f := range fs {
			f()
		}
	}
}
