package relay

import (
	"context"
	"io"
	"net"
	"os"
	"sync"

	"gonc/relay/chat"
	"gonc/relay/share"
)

// A Broker connects many connections with each other: what one of them sends
// goes to all others, and what local gives goes to all. Nothing is written to
// local. The end of local is not passed on, and a connection that is at EOF
// goes on receiving. Make one with NewBroker or NewChat.
//
// A connection is read at the pace of the fastest of the others, and one that
// falls far behind it is closed with share.ErrLagging; one that is alone is read,
// and what it sends goes nowhere.
type Broker struct {
	// Remote, Policy and OnEnd are those of a Stdio, for each connection.
	Remote func(net.Conn) End
	Policy Policy
	OnEnd  func(net.Addr, Totals)

	local End
	chat  *chat.Chat // nil: what is sent is passed on as it is
	once  sync.Once
	log   *share.Log
	loop  sync.WaitGroup
	err   error // of reading local
}

// NewBroker returns a Broker that passes on what local gives too.
func NewBroker(local End) *Broker {
	b := &Broker{local: local, log: share.NewLog()}
	b.log.FromNow = true
	return b
}

// NewChat returns a Broker that puts the name of its sender before each line,
// announces each connection that comes or goes, and escapes what a terminal
// would obey; see package chat.
func NewChat(local End) *Broker {
	b := NewBroker(local)
	b.chat = chat.New(b.log.Announce)
	return b
}

// Close ends the reading of local, waits for it, and returns the *LocalError
// that it met. The connections end with the context of their Serve.
func (b *Broker) Close() error {
	b.start()
	b.quit()
	b.loop.Wait()
	return b.err
}

// start starts to read local.
func (b *Broker) start() {
	b.once.Do(func() {
		if b.local.R != nil {
			b.loop.Go(b.read)
		}
	})
}

func (b *Broker) quit() {
	b.log.Close()
	b.local.interrupt()
}

// read is the goroutine that reads local.
func (b *Broker) read() {
	put := func(p []byte) { b.log.Put(nil, p) }
	if b.chat != nil {
		var leave func()
		put, leave = b.chat.Host(put)
		defer leave()
	}
	buf := make([]byte, maxPayload)
	for b.log.Room(nil) {
		n, err := b.local.R.Read(buf)
		put(buf[:n])
		if err != nil {
			if err != io.EOF && !interrupted(err) {
				b.err = b.local.failure("read", err)
			}
			return
		}
	}
}

// Serve is a Handler for one of the connections. Its errors are those of
// Pipe, and share.ErrLagging. The Broker ends with ctx, unless that ends for this
// connection alone (see afterServer).
func (b *Broker) Serve(ctx context.Context, c net.Conn) error {
	b.start()
	defer afterServer(ctx, b.quit)()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	end := endOf(c, b.Remote)
	s := b.log.Subscribe(end.Datagram, func() { resetOnClose(c); cancel(share.ErrLagging) })
	defer s.Quit()
	m := &member{b: b, s: s, put: func(p []byte) { b.log.Put(s, p) }}
	mine := End{R: s, W: m}
	if b.chat != nil {
		add, leave := b.chat.Join(m.put, c.RemoteAddr(), end.Datagram)
		defer leave()
		m.put = add
		mine.CloseWrite = func() error { leave(); return nil }
	}
	mine.src = sourceOps{interrupt: s.Quit, ready: s.Ready, onDone: s.Quit, broadcast: true}
	mine.dst = sinkOps{interrupt: s.Stop}
	one := Stdio{Local: mine, Remote: func(net.Conn) End { return end }, Policy: b.Policy, OnEnd: b.OnEnd}
	return lagging(ctx, one.Serve(ctx, c))
}

// A member is a connection as a source of a Broker.
type member struct {
	b   *Broker
	s   *share.Subscription
	put func([]byte)
}

// Write passes p on to the others, when the fastest of them has room for it.
func (m *member) Write(p []byte) (int, error) {
	if !m.b.log.Room(m.s) {
		return 0, os.ErrDeadlineExceeded
	}
	m.put(p)
	return len(p), nil
}
