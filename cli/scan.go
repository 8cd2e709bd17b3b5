package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"gonc/conn"
	"gonc/relay"
)

// A scanLine is one port in the output of --json.
type scanLine struct {
	Host     string  `json:"host"`
	Address  string  `json:"address"`
	Port     uint16  `json:"port"`
	Protocol string  `json:"protocol"`
	Service  string  `json:"service,omitempty"`
	State    string  `json:"state"`
	RTT      float64 `json:"rtt,omitzero"` // milliseconds
	Error    string  `json:"error,omitempty"`
}

// errNoneOpen is a scan that found nothing; it has been said already.
var errNoneOpen = errors.New("no port is open")

// scan tells which ports are open.
func scan(ctx context.Context, o *options, to target, say *speaker) error {
	opts, err := o.socketOptions()
	if err != nil {
		return err
	}
	addrs, sources, err := o.scanAddresses(ctx, to)
	if err != nil {
		return err
	}
	if say.level > 0 || o.json {
		conn.ServiceName(o.protocol(), 0) // reads the table while there are descriptors
	}
	s := &conn.Scanner{Network: o.network(), Sources: sources, Options: opts, Interval: o.interval.d, Timeout: o.connectLimit()}
	r := &scanReport{o: o, host: to.Host, say: say}
	err = s.Scan(ctx, addrs, to.ports, r.result)
	switch {
	case r.failed != nil:
		return r.failed
	case err == nil && !r.open:
		return errSaid{errNoneOpen}
	}
	return r.failure(err)
}

// scanAddresses resolves the host and the source.
func (o *options) scanAddresses(ctx context.Context, to target) (addrs []netip.Addr, from []netip.AddrPort, err error) {
	d := &conn.Dialer{Network: o.network(), Numeric: o.noDNS, Source: o.sourceAddress()}
	return d.Resolve(ctx, to.Address)
}

// A scanReport says what a scan finds.
type scanReport struct {
	o      *options
	host   string
	say    *speaker
	open   bool
	failed error // standard output could not be written
}

func (r *scanReport) result(res conn.ScanResult) {
	up := res.State == conn.PortOpen || res.State == conn.PortSilent
	r.open = r.open || up
	if r.o.json {
		if res.Last && r.failed == nil {
			r.failed = r.writeJSON(res)
		}
		return
	}
	if r.say.level == 0 {
		return
	}
	to := netip.AddrPortFrom(res.Address, res.Port)
	a := conn.Address{Host: r.host, Port: portText(res.Port)}
	if up {
		r.say.connected(r.o.protocol(), a, to, r.o.noDNS)
		return
	}
	r.say.attemptFailed(r.o.protocol(), a, conn.Attempt{Addr: to, Took: res.RTT, Err: res.Err})
}

// failure makes of an error that ended the scan, because every port would have
// met it, what a failed connect to the port that met it is.
func (r *scanReport) failure(err error) error {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" || op.Addr == nil {
		return err
	}
	to, bad := netip.ParseAddrPort(op.Addr.String())
	if bad != nil {
		return err
	}
	a := conn.Address{Host: r.host, Port: portText(to.Port())}
	return &conn.DialError{Network: r.o.protocol(), Address: a, Tried: []conn.Attempt{{Addr: to, Err: err}}}
}

func (r *scanReport) writeJSON(res conn.ScanResult) error {
	line := scanLine{
		Host: r.host, Address: res.Address.String(), Port: res.Port, Protocol: r.o.protocol(),
		Service: conn.ServiceName(r.o.protocol(), res.Port), State: string(res.State),
	}
	if answered := res.State != conn.PortSilent && !timedOut(res.Err); answered {
		line.RTT = float64(res.RTT.Round(time.Microsecond)) / float64(time.Millisecond)
	}
	if res.Err != nil {
		line.Error = reason(res.Err)
	}
	text, err := json.Marshal(line)
	if err == nil {
		_, err = os.Stdout.Write(append(text, '\n'))
	}
	if err != nil {
		return &relay.LocalError{Op: "write", Err: err}
	}
	return nil
}

func portText(port uint16) string { return strconv.Itoa(int(port)) }
