package relay

import (
	"context"
	"io"
	"net"
	"sync"

	"gonc/relay/share"
)

// A Fanout is the relay between standard input and output and many
// connections at once: what local gives goes to all of them, what they send
// goes to local, each read in one piece, without mixing the lines of several
// connections. Local is read at the pace of the fastest connection, and not at
// all while there is none. A connection that begins later gets what is read
// from then on.
type Fanout struct {
	// Local is shared by the connections and is not closed by them.
	Local End

	// Remote, Policy and OnEnd are those of a Stdio, for each connection.
	Remote func(net.Conn) End
	Policy Policy
	OnEnd  func(net.Addr, Totals)

	// Datagram says that the connections are datagram connections, to which
	// each read of Local is one datagram.
	Datagram bool

	once  sync.Once
	loop  sync.WaitGroup
	out   io.Writer    // for datagrams; nil: nothing is written
	lines *share.Lines // for streams; nil: nothing is written
	log   *share.Log
}

func (f *Fanout) init() {
	f.once.Do(func() {
		f.log = share.NewLog()
		switch {
		case f.Local.W == nil:
		case f.Datagram:
			f.out = share.Locked(f.Local.W)
		default:
			f.lines = share.NewLines(f.Local.W)
		}
		if f.Local.R != nil {
			f.loop.Go(f.read)
		}
	})
}

// Close ends the reading of local and waits for it. The connections end with
// the context of their Serve.
func (f *Fanout) Close() {
	f.init()
	f.quit()
	f.loop.Wait()
}

// quit ends the reads and writes of local.
func (f *Fanout) quit() {
	f.log.Close()
	f.Local.interrupt()
}

// Serve is a Handler for one of the connections. Its errors are those of Pipe, and
// share.ErrLagging. When ctx ends, other than for this connection alone (see
// afterServer), local is interrupted, because a write to standard output may block.
func (f *Fanout) Serve(ctx context.Context, c net.Conn) error {
	f.init()
	defer afterServer(ctx, f.quit)()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	mine := End{W: f.out}
	if f.lines != nil {
		w := f.lines.Writer()
		defer w.End()
		mine.W = w
	}
	if f.Local.R != nil {
		s := f.log.Subscribe(f.Datagram, func() { resetOnClose(c); cancel(share.ErrLagging) })
		defer s.Quit()
		mine.R = s
		mine.src = sourceOps{interrupt: s.Quit, onDone: s.Quit, atEOF: s.Over(), broadcast: true}
		mine.src.ready = func() bool { return s.Ready() || f.Local.src.ready != nil && f.Local.src.ready() }
	}
	one := Stdio{Local: mine, Remote: f.Remote, Policy: f.Policy, OnEnd: f.OnEnd}
	return lagging(ctx, one.Serve(ctx, c))
}

// read is the goroutine that reads local.
func (f *Fanout) read() {
	buf := make([]byte, maxPayload)
	for f.log.Room(nil) {
		n, err := f.Local.R.Read(buf)
		f.log.Put(nil, buf[:n])
		f.log.End(err)
	}
}

// lagging returns share.ErrLagging if that ended ctx, and else err: what a
// connection that was closed for it fails with says nothing.
func lagging(ctx context.Context, err error) error {
	if context.Cause(ctx) == share.ErrLagging {
		return share.ErrLagging
	}
	return err
}
