package cli

import (
	"context"
	"hash"
	"io"
	"net"
	"sync"

	"gonc/cli/event"
	"gonc/cli/message"
	"gonc/cli/option"
	"gonc/relay"
	"gonc/relay/record"
)

// A recorder is what sees the bytes of every connection go by.
type recorder struct {
	logs  []*record.Log
	files []io.Closer
	hash  func() hash.Hash // nil: no digests

	digests sync.Map // of the connections, *digests by net.Conn
}

// digests are those of one connection.
type digests struct{ sent, received hash.Hash }

// openRecords opens the files that records go to.
func (o *invocation) openRecords() error {
	if o.Has(option.Hash) {
		var err error
		if o.records.hash, err = record.ParseHash(o.Hash); err != nil {
			return err
		}
	}
	if o.Has(option.Output) {
		if err := o.openRecord(o.Output, record.Raw); err != nil {
			return err
		}
	}
	if o.Has(option.HexDump) {
		format := record.Hex
		if o.dialect.PlainHexDump {
			format = record.PlainHex
		}
		return o.openRecord(o.HexDump, format)
	}
	return nil
}

// openRecord opens one file; "-" is standard error.
func (o *invocation) openRecord(name string, format func(io.Writer) *record.Log) error {
	w := io.Writer(stderrWriter{})
	if name != "-" {
		open := record.Create
		if o.Has(option.AppendOutput) {
			open = record.Append
		}
		f, err := open(name)
		if err != nil {
			return err
		}
		o.records.files = append(o.records.files, f)
		w = f
	}
	l := format(w)
	l.OnError = func(err error) { o.out.Print(event.RecordFailed{Name: name, Err: err}) }
	o.records.logs = append(o.records.logs, l)
	return nil
}

// closeRecords returns why a record is not complete, which was printed.
func (o *invocation) closeRecords() error {
	for _, l := range o.records.logs {
		if err := l.Err(); err != nil {
			return message.Reported(err)
		}
	}
	for _, f := range o.records.files {
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// isRecorded reports whether an End of a connection has to be wrapped.
func (o *invocation) isRecorded() bool {
	return len(o.records.logs) > 0 || o.records.hash != nil || o.Has(option.LimitRate)
}

// recorded returns e, which is of c, with what records and limits it.
func (o *invocation) recorded(c net.Conn, e relay.End) relay.End {
	peer := c.RemoteAddr().String()
	if _, ok := c.RemoteAddr().(*net.UnixAddr); ok {
		peer = "unix"
	}
	for _, l := range o.records.logs {
		e.R, e.W = l.Reader(peer, e.R), l.Writer(peer, e.W)
	}
	if o.records.hash != nil {
		d := &digests{o.records.hash(), o.records.hash()}
		o.records.digests.Store(c, d)
		e.R, e.W = record.HashReader(e.R, d.received), record.HashWriter(e.W, d.sent)
	}
	if o.Has(option.LimitRate) {
		e = relay.LimitRate(e, o.LimitRate)
	}
	return e
}

// digested returns serve with the digests of each connection printed at its
// end.
func (o *invocation) digested(serve relay.Handler) relay.Handler {
	if o.records.hash == nil {
		return serve
	}
	return func(ctx context.Context, c net.Conn) error {
		err := serve(ctx, c)
		if d, ok := o.records.digests.LoadAndDelete(c); ok {
			o.out.Print(o.digestsOf(d.(*digests)))
		}
		return err
	}
}

// digestsOf returns the digests of the directions that are used.
func (o *invocation) digestsOf(d *digests) (e event.Digests) {
	if !o.handler.usesStdin || o.readsStdin() {
		e.Sent = record.SumLine(d.sent)
	}
	if !o.Has(option.SendOnly) {
		e.Received = record.SumLine(d.received)
	}
	return e
}
