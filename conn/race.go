package conn

import (
	"context"
	"net"
	"net/netip"
	"time"

	"gonc/conn/addr"
	"gonc/conn/sockopt"
)

// A candidate is one address to connect to.
type candidate struct {
	d       *Dialer
	network string
	from    netip.AddrPort // zero: the system's choice
	to      netip.AddrPort
}

// connect makes the attempt. Keep-alive probes and Multipath TCP stay off: they
// were not asked for, and the first costs four system calls.
func (t candidate) connect(ctx context.Context) (net.Conn, error) {
	if t.d.Permit != nil {
		if err := t.d.Permit(t.to); err != nil {
			return nil, err
		}
	}
	proto, _ := addr.Family(t.network)
	nd := net.Dialer{KeepAlive: -1, Control: sockopt.Control(t.d.options(proto, t.from, t.to.Addr()))}
	// A source must not be set to nothing: net would bind the socket to any
	// port first, which takes the port from all other connections.
	switch {
	case !t.from.IsValid():
	case proto == "udp":
		nd.LocalAddr = net.UDPAddrFromAddrPort(t.from)
	default:
		nd.LocalAddr = net.TCPAddrFromAddrPort(t.from)
	}
	network := addr.OfFamily(t.network, t.to.Addr())
	if proto == "udp" {
		return nd.DialContext(ctx, network, t.to.String())
	}
	var dup duplicate
	nd.Control = dup.control(nd.Control)
	c, err := nd.DialContext(ctx, network, t.to.String())
	if err == nil && t.d.Congestion == "" && !t.to.Addr().IsLoopback() {
		sockopt.DisableBBR(c)
	}
	return dup.rescue(c, err, t.to)
}

// options returns d.Options, preceded by the right to a source port that an
// ended connection still holds in TIME_WAIT, the system's own default about
// broadcasts, which net changes, and the congestion control.
func (d *Dialer) options(proto string, from netip.AddrPort, to netip.Addr) []sockopt.Option {
	var first []sockopt.Option
	if from.Port() != 0 {
		first = append(first, sockopt.ReuseAddr)
	}
	switch {
	case proto == "udp":
		first = append(first, sockopt.NoBroadcast(), sockopt.MaxRecvBuffer)
	case d.Congestion != "":
		first = append(first, sockopt.Congestion(d.Congestion))
	case to.IsLoopback():
		first = append(first, sockopt.AvoidBBR)
	}
	return append(first, d.Options...)
}

// begin reports the start of an attempt and returns its time.
func (t candidate) begin() time.Time {
	if t.d.OnTrying != nil {
		t.d.OnTrying(t.to)
	}
	return time.Now()
}

// report reports the end of an attempt.
func (t candidate) report(begin time.Time, err error) Attempt {
	a := Attempt{Addr: t.to, Took: time.Since(begin), Err: err}
	if t.d.OnTried != nil {
		t.d.OnTried(a)
	}
	return a
}

// dialTCP returns the first connection to one of tries, or the attempts, which
// all failed.
func dialTCP(ctx context.Context, tries []candidate) (net.Conn, []Attempt) {
	if len(tries) > 1 {
		return race(ctx, tries, candidate.connect)
	}
	begin := tries[0].begin()
	c, err := tries[0].connect(ctx)
	a := tries[0].report(begin, err)
	if err == nil {
		return c, nil
	}
	return nil, []Attempt{a}
}

type outcome struct {
	try   candidate
	begin time.Time
	c     net.Conn
	err   error
}

// race tries each address in turn, the next one when the last has failed or
// has been silent for attemptDelay, until one connects (RFC 8305 section 5).
// It returns when every attempt that it started has ended.
func race(ctx context.Context, tries []candidate, connect func(candidate, context.Context) (net.Conn, error)) (won net.Conn, failed []Attempt) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan outcome)
	running := 0
	start := func() {
		t := tries[0]
		tries = tries[1:]
		running++
		begin := t.begin()
		go func() {
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
