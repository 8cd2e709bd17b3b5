package relay

import (
	"context"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"gonc/relay/stdfile"
)

// An End is one side of a relay. Make one with Conn or Files, or, where
// reading and writing never block, from any reader and writer. What changes or
// records bytes wraps R or W then. A wrapped side no longer looks like a
// descriptor, so zero copy is off; CloseWrite belongs to what is below, so no
// wrapper can lose it.
//
// A relay calls CloseWrite when it is time, and at its end releases what was
// opened for the End, which can be used once. The files and connections that
// it was made of are otherwise for their owner to close.
type End struct {
	// Name names this side in errors, for example "target 192.0.2.1:80".
	// Empty: errors of a connection are those of package net.
	Name string

	// R gives the bytes of this side. Nil: nothing is read here, and this
	// side has no EOF.
	R io.Reader

	// W takes the bytes for this side. Nil: they are dropped.
	W io.Writer

	// CloseWrite closes the sending half of this side. Nil: it cannot be
	// closed.
	CloseWrite func() error

	// Datagram says that each Read and each Write is one datagram.
	Datagram bool

	src  sourceOps
	dst  sinkOps
	conn net.Conn // what this End was made of; nil: not of a connection
	bare net.Conn // the same below TLS

	release      func() // releases what was opened for this End; may be nil
	exitReleases bool   // the exit of the program makes release unnecessary
}

// A sourceOps is what can be done with R besides reading it. Each func may be nil.
type sourceOps struct {
	interrupt func()       // ends a Read under way, and later ones, with os.ErrDeadlineExceeded; nil: Read never blocks
	await     func() error // waits until Read returns at once; nil: unknown
	ready     func() bool  // reports whether Read would return at once; nil: unknown
	onDone    func()       // called when reading stops
	atEOF     bool         // R is at its EOF already
	broadcast bool         // R gives the same to several Ends, so that a peer that leaves early loses nothing
}

// A sinkOps is what can be done with W besides writing it. Each func may be nil.
type sinkOps struct {
	interrupt  func() // ends a Write under way, and later ones, with os.ErrDeadlineExceeded; nil: Write never blocks
	most       int    // bytes to write at once, so that what was written is counted soon; 0: any number
	exitCloses bool   // the exit of the program can take the place of CloseWrite
}

// interrupt ends all reads and writes of e.
func (e *End) interrupt() {
	if e.src.interrupt != nil {
		e.src.interrupt()
	}
	if e.dst.interrupt != nil {
		e.dst.interrupt()
	}
}

// releaseWithin releases e. What that still writes is interrupted when ctx is
// done; no deadline is set any more when releaseWithin returns.
func (e *End) releaseWithin(ctx context.Context) {
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		e.interrupt()
		close(interrupted)
	})
	e.release()
	if !stop() {
		<-interrupted
	}
}

// stream reports whether e is a stream connection.
func (e *End) stream() bool { return e.bare != nil && !e.Datagram }

// isSocket reports whether e is a socket, maybe with other addresses or another
// beginning, and not a protocol on one, as TLS is: closing its sending half sends
// nothing that needs room.
func (e *End) isSocket() bool {
	_, is := e.conn.(syscall.Conn)
	return is
}

// A halfCloser is a connection whose sending half can be closed by itself:
// TCP, Unix streams, TLS.
type halfCloser interface{ CloseWrite() error }

// Conn returns c as an End. What c wraps, by a NetConn method as *tls.Conn has
// it, is looked up once: acknowledgement and reset are asked of the connection
// below. The caller still closes c.
func Conn(c net.Conn) End {
	e := End{R: c, W: c, conn: c, bare: bareConn(c)}
	e.src.interrupt = func() { c.SetReadDeadline(past) }
	e.dst.interrupt = func() { c.SetWriteDeadline(past) }
	switch c.LocalAddr().Network() {
	case "udp", "unixgram":
		e.Datagram = true
		return e
	}
	if hc, ok := c.(halfCloser); ok {
		e.CloseWrite = hc.CloseWrite
	}
	return e
}

// endOf returns c as the End that remote makes of it, or Conn if that is nil.
func endOf(c net.Conn, remote func(net.Conn) End) End {
	if remote == nil {
		return Conn(c)
	}
	return remote(c)
}

// bareConn returns the connection below c.
func bareConn(c net.Conn) net.Conn {
	for {
		w, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = w.NetConn()
	}
}

// past is a deadline that has passed: it ends reads and writes under way.
var past = time.Unix(1, 0)

// Files returns an End that reads in and writes out; nil for one of them means
// that this direction is not used, and so does an in that is not open for
// reading.
//
// Where the system allows it, reads and writes can be interrupted; pipes and
// terminals may be opened again for that. No flag of the descriptors is
// changed. A terminal whose foreground is another process group is not read.
//
// The End is for the last session of the program. Its CloseWrite closes out,
// and leaves /dev/null in its place. A relay whose sides are both at EOF leaves
// that to the exit of the program, unless out is a file or a socket. The exit
// also closes in, and what was opened. For other sessions see Shared.
func Files(in, out *os.File) End {
	e := End{exitReleases: true}
	var releases []func()
	if in != nil && stdfile.CanRead(in) {
		r := stdfile.OpenInput(in)
		e.R = r.Reader
		e.src.interrupt, e.src.ready = r.Interrupt, r.Ready
		if r.Awaits() {
			e.src.await = r.Await
		}
		releases = append(releases, r.Release)
	}
	if out != nil {
		w := stdfile.OpenOutput(out)
		e.W = w.Writer
		e.dst.interrupt = w.Interrupt
		e.dst.exitCloses = w.Reopened
		e.CloseWrite = func() error { w.Release(); return stdfile.Close(out) }
		releases = append(releases, w.Release)
	}
	e.release = func() {
		for _, release := range releases {
			release()
		}
	}
	return e
}

// Shared returns e, which Files made, for one of several sessions that use the
// same files. Each needs an End of its own, because what interrupts one stays
// interrupted. The files stay open, and the relay closes what was opened for
// the session.
func Shared(e End) End {
	e.CloseWrite, e.exitReleases = nil, false
	return e
}
