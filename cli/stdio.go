package cli

import (
	"net"
	"os"
	"time"

	"github.com/mattn/go-isatty"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/relay"
	"gonc/relay/filter"
)

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) }

// local returns standard input and output, as far as they are used.
func (o *invocation) local() relay.End {
	if o.Has(option.SendOnly) {
		return o.files(nil)
	}
	return o.files(os.Stdout)
}

// files returns standard input, as far as it is used, and out.
func (o *invocation) files(out *os.File) relay.End {
	in := os.Stdin
	if !o.readsStdin() {
		in = nil
	}
	e := relay.Files(in, out)
	if o.Has(option.CRLF) && e.R != nil {
		e.R = filter.CRLF(e.R)
	}
	return relay.Interval(e, o.Interval)
}

// remote returns what makes an End of a connection; nil: as it is.
func (o *invocation) remote() func(net.Conn) relay.End {
	if o.RecvLimit == 0 && !o.Has(option.Telnet) && !o.isRecorded() {
		return nil
	}
	return func(c net.Conn) relay.End {
		e := o.recorded(c, relay.Conn(c))
		if o.RecvLimit > 0 {
			e.R = filter.LimitReads(e.R, o.RecvLimit)
		}
		if o.Has(option.Telnet) {
			e = relay.Telnet(e)
		}
		return e
	}
}

// idleLimit returns the limit on idleness; zero: none.
func (o *invocation) idleLimit() time.Duration {
	switch {
	case o.Has(option.IdleTimeout):
		return o.IdleTimeout
	case o.Has(option.Timeout):
		return o.Timeout
	case o.Has(option.Listen) && o.Has(option.UDP) && o.keepsOpen():
		return datagramSession
	}
	return 0
}

// unlessQuiet returns err, with the limit if it is idleness, or nil if it is
// idleness that is no failure: that which the timeout for everything or the
// nature of datagram sessions limits.
func (o *invocation) unlessQuiet(err error) error {
	switch {
	case err != relay.ErrIdle:
		return err
	case o.Has(option.IdleTimeout):
		return &event.IdleError{Limit: o.IdleTimeout, Listener: o.Has(option.Listen), Err: err}
	}
	return nil
}

// policy returns what the command line and the dialect decide about ends.
func (o *invocation) policy() relay.Policy {
	p := relay.Policy{AtRemoteEOF: o.dialect.ConnectEOF, Idle: o.idleLimit(), HalfClose: o.halfClose()}
	if o.Has(option.Listen) {
		p.AtRemoteEOF = o.dialect.ListenEOF
	}
	if p.Idle > 0 {
		p.Idle += o.Interval // our own pauses are not idleness of the other side
	}
	switch {
	case o.RecvLimit > 0, o.Has(option.QuitAtPeerEOF), o.readsStdin() && isTerminal(os.Stdin):
		p.AtRemoteEOF = relay.Finish
	case o.Has(option.SendOnly), o.Has(option.KeepOpen) && !o.Has(option.Listen):
		p.AtRemoteEOF = relay.KeepSending
	}
	o.setQuit(&p)
	return p
}

// halfClose returns when the end of standard input is a half-close: late with a
// client that was not asked for one.
func (o *invocation) halfClose() relay.HalfClose {
	switch {
	case o.Has(option.NoShutdown):
		return relay.HalfCloseNever
	case o.Has(option.HalfClose):
		return relay.HalfCloseAtEOF
	case !o.dialect.HalfClose && (!o.Has(option.QuitAfter) || o.QuitAfter < 0):
		return relay.HalfCloseNever
	case !o.dialect.HalfClose, o.Has(option.Listen):
		return relay.HalfCloseAtEOF
	}
	return relay.HalfCloseLate
}

// setQuit sets when p ends after standard input has.
func (o *invocation) setQuit(p *relay.Policy) {
	after, ok := o.quitTime()
	udp := o.Has(option.UDP)
	switch {
	case !ok || after < 0:
	case after == 0 && o.dialect.FlushQuiet > 0 && o.Has(option.QuitAfter) && !udp && !o.Has(option.SendOnly):
		p.Quiet = o.dialect.FlushQuiet
	case after == 0:
		p.Linger = relay.Flush
	case udp:
		p.Quiet = after
	default:
		p.Linger = after
	}
}

// quitTime returns how long after standard input the program ends, if that is
// limited.
func (o *invocation) quitTime() (after time.Duration, ok bool) {
	client := !o.Has(option.Listen)
	switch udp := o.Has(option.UDP); {
	case o.Has(option.QuitAfter):
		return o.QuitAfter, true
	case o.Has(option.SendOnly) && (client || !udp):
		return 0, true
	case client && o.Has(option.Timeout) && (udp || o.dialect.ZeroTimeout && o.Timeout == 0):
		return o.Timeout, true
	case udp && client && o.RecvLimit == 0 && o.dialect.UDPQuiet > 0:
		return o.dialect.UDPQuiet, true
	}
	return 0, false
}
