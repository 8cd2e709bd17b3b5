package conn

import (
	"context"
	"net"
	"net/netip"
	"time"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
)

// A try is one address that has not been tried yet.
type try struct {
	d       *Dialer
	network string
	from    netip.AddrPort // zero: the system's choice
	to      netip.AddrPort
}

// connect makes the attempt. Keep-alive probes and Multipath TCP stay off:
// nobody asked for them, and the first costs four system calls.
func (t try) connect(ctx context.Context) (net.Conn, error) {
	proto, _ := addr.Family(t.network)
	nd := net.Dialer{KeepAlive: -1, Control: sockopt.Control(t.d.options(proto, t.from, t.to.Addr()))}
	network := addr.OfFamily(t.network, t.to.Addr())
	// A source must not be set to nothing: net would bind the socket to any
	// port first, which takes the port from all other connections.
	switch {
	case !t.from.IsValid():
	case proto == "udp":
		nd.LocalAddr = net.UDPAddrFromAddrPort(t.from)
	default:
		nd.LocalAddr = net.TCPAddrFromAddrPort(t.from)
	}
	c, err := nd.DialContext(ctx, network, t.to.String())
	if err == nil && t.d.Congestion == "" && !t.to.Addr().IsLoopback() {
		sockopt.DisableBBR(c)
	}
	return c, err
}

// options are d's, and before them the right to a source port that an ended
// connection still holds in TIME_WAIT, the system's own default about
// broadcasts, which net changes, and the congestion control.
func (d *Dialer) options(proto string, from netip.AddrPort, to netip.Addr) []sockopt.Option {
	var first []sockopt.Option
	if from.Port() != 0 {
		first = append(first, sockopt.ReuseAddr)
	}
	switch {
	case proto == "udp":
		first = append(first, sockopt.NoBroadcast())
	case d.Congestion != "":
		first = append(first, sockopt.Congestion(d.Congestion))
	case to.IsLoopback():
		first = append(first, sockopt.AvoidBBR)
	}
	return append(first, d.Options...)
}

// announce tells d's caller that the attempt begins.
func (t try) announce() {
	if t.d.OnTrying != nil {
		t.d.OnTrying(t.to)
	}
}

// report times an attempt and tells d's caller of it.
func (t try) report(begin time.Time, err error) Attempt {
	a := Attempt{Addr: t.to, Took: time.Since(begin), Err: err}
	if t.d.OnTried != nil {
		t.d.OnTried(a)
	}
	return a
}

// first returns the first connection that one of tries gives, or the attempts
// that all failed.
func (d *Dialer) first(ctx context.Context, proto string, tries []try) (net.Conn, []Attempt) {
	if len(tries) > 1 && proto == "tcp" {
		return race(ctx, tries, try.connect)
	}
	var failed []Attempt
	for _, t := range tries {
		t.announce()
		begin := time.Now()
		c, err := t.connect(ctx)
		a := t.report(begin, err)
		if err == nil {
			return c, nil
		}
		failed = append(failed, a)
	}
	return nil, failed
}

type outcome struct {
	try   try
	begin time.Time
	c     net.Conn
	err   error
}

// race tries each address in turn, the next one when the last has failed or
// has been silent for attemptDelay, until one connects (RFC 8305 section 5).
// It returns when every attempt that it started has ended.
func race(ctx context.Context, tries []try, connect func(try, context.Context) (net.Conn, error)) (won net.Conn, failed []Attempt) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan outcome)
	running := 0
	start := func() {
		t := tries[0]
		tries = tries[1:]
		running++
		t.announce()
		go func() {
			begin := time.Now()
			c, err := connect(t, ctx)
			ended <- outcome{t, begin, c, err}
		}()
	}
	timer := time.NewTimer(attemptDelay)
	defer timer.Stop()
	for start(); running > 0; {
		select {
		case o := <-ended:
			running--
			switch {
			case won != nil: // a loser, cancelled or just too late
				if o.err == nil {
					o.c.Close()
				}
				continue
			case o.err == nil:
				won = o.c
				o.try.report(o.begin, nil)
				cancel()
				continue
			}
			failed = append(failed, o.try.report(o.begin, o.err))
		case <-timer.C:
		}
		if won == nil && len(tries) > 0 && ctx.Err() == nil {
			start()
			timer.Reset(attemptDelay)
		}
	}
	return won, failed
}
