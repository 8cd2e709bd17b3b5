package cli

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"gonc/cli/event"
	"gonc/cli/message"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/addr"
	"gonc/conn/scan"
	"gonc/relay"
)

// defaultScanLimit is the limit on a port, and on looking up the name.
const defaultScanLimit = 5 * time.Second

// errNoneOpen is a scan that found nothing. Its results say it.
var errNoneOpen = errors.New("no port is open")

// scan prints which ports are open, or whether a Unix socket is listened on.
func (o *invocation) scan(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := o.newScanReport(cancel)
	r.explain = o.Has(option.Explain) && !o.Has(option.Unix) && !o.HasProxy()
	var err error
	if o.Has(option.Unix) || o.HasProxy() || o.Has(option.TLS) {
		err = o.scanDialing(ctx, r)
	} else {
		err = o.scanPorts(ctx, r)
	}
	r.end()
	r.explainAll(ctx)
	switch {
	case r.failed != nil:
		return r.failed
	case err == nil && r.counts.Open == 0:
		return message.Reported(errNoneOpen)
	}
	return err
}

// scanLimit returns the limit on a port.
func (o *invocation) scanLimit() time.Duration {
	if limit := o.connectLimit(); limit > 0 {
		return limit
	}
	return defaultScanLimit
}

// scanPorts asks the ports of a host, many at once.
func (o *invocation) scanPorts(ctx context.Context, r *scanReport) error {
	opts, err := o.socketOptions(ctx)
	if err != nil {
		return err
	}
	d := &conn.Dialer{Network: o.Network(), Numeric: o.Has(option.NoDNS), Source: o.sourceAddr(), Timeout: o.scanLimit(), Retry: o.Retry}
	addrs, sources, err := resolve(ctx, d, o.Target.Addr)
	if err != nil {
		return err
	}
	if r.namesServices() {
		addr.Service(o.Protocol(), 0) // reads the table while there are descriptors
	}
	r.explainHost(addrs)
	s := &scan.Scanner{Network: o.Network(), Sources: sources, Options: opts, Interval: o.Interval, Timeout: o.connectLimit(), Retry: o.Retry}
	s.OnRetry = func(ports int) { o.out.Print(event.Rescanning{Ports: ports, For: s.Retry}) }
	return o.asDialError(s.Scan(ctx, addrs, o.Target.Ports, r.result))
}

// resolve calls d.Resolve within the limit of d.
func resolve(ctx context.Context, d *conn.Dialer, a addr.Addr) (ips []netip.Addr, from []netip.AddrPort, err error) {
	if d.Retry <= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	ips, from, err = d.Resolve(ctx, a)
	var name *conn.ResolveError
	if errors.As(err, &name) && name.Err.IsTimeout && ctx.Err() != nil {
		name.Limit = d.Timeout
	}
	return ips, from, err
}

// asDialError makes of an error that ended the scan, because every port would
// have met it, what a failed connect to the port that met it is.
func (o *invocation) asDialError(err error) error {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" || op.Addr == nil {
		return err
	}
	to, bad := netip.ParseAddrPort(op.Addr.String())
	if bad != nil {
		return err
	}
	a := addr.Addr{Host: o.Target.Host, Port: portText(to.Port())}
	return &conn.DialError{Network: o.Protocol(), Address: a, Tried: []conn.Attempt{{Addr: to, Err: err}}}
}

// An outputWriter writes to standard output and keeps its error.
type outputWriter struct {
	err  error
	fail func(error) // called with the first error
}

func (w *outputWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := os.Stdout.Write(p)
	if err != nil {
		w.err = &relay.LocalError{Op: "write", Err: err}
		w.fail(w.err)
	}
	return n, err
}
