package cli

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"gonc/cli/event"
	"gonc/cli/message"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/addr"
	"gonc/conn/scan"
)

// A scanReport prints what a scan finds.
type scanReport struct {
	o      *invocation
	open   message.Printer // of open ports
	json   *outputWriter   // of every port; nil: there is no JSON
	counts event.Scanned
	output *outputWriter
	failed error // standard output could not be written

	explain bool // what is not open is explained at the end
	results []scan.Result
}

// newScanReport returns a report. When standard output cannot be written it
// calls cancel.
func (o *invocation) newScanReport(cancel context.CancelCauseFunc) *scanReport {
	r := &scanReport{o: o, open: o.out}
	r.output = &outputWriter{fail: func(err error) { r.failed = err; cancel(err) }}
	switch {
	case o.Has(option.JSON):
		r.json = r.output
	case o.dialect.PrintsOpen:
		r.open = &message.Text{Dialect: o.dialect, Verbose: 1, W: r.output}
	}
	return r
}

// namesServices reports whether names of services are printed.
func (r *scanReport) namesServices() bool { return r.json != nil || r.open.Level() > 0 }

// result prints what was found at one port of one address.
func (r *scanReport) result(res scan.Result) {
	isOpen := res.State == scan.Open || res.State == scan.Silent
	if res.Last {
		r.counts.Add(isOpen)
	}
	if r.explain {
		r.results = append(r.results, res)
	}
	if r.json != nil {
		if res.Last {
			r.writeJSON(res)
		}
		return
	}
	a := addr.Addr{Host: r.o.Target.Host, Port: portText(res.Port)}
	to := netip.AddrPortFrom(res.Address, res.Port)
	if isOpen {
		r.open.Print(event.Connected{Network: r.o.Protocol(), To: a, Addr: to, Numeric: r.o.Has(option.NoDNS)})
		return
	}
	r.o.out.Print(event.AttemptFailed{Network: r.o.Protocol(), To: a, Attempt: conn.Attempt{Addr: to, Took: res.RTT, Err: res.Err}})
}

// dialed prints what became of a connect to a.
func (r *scanReport) dialed(d *conn.Dialer, a addr.Addr, err error) {
	r.counts.Add(err == nil)
	switch {
	case err != nil && a.Path != "":
		r.o.out.Print(event.Failed{Err: err})
	case err != nil:
		r.o.out.Print(event.PortFailed{Err: err})
	case a.Path != "":
		r.open.Print(event.ConnectedUnix{Network: r.o.Protocol(), Path: a.Path})
	default:
		port, _ := addr.ParsePort(r.o.Protocol(), a.Port)
		r.open.Print(event.Tunneled{Network: r.o.Protocol(), To: a, Port: port, Numeric: d.Numeric})
	}
}

// end prints the counts.
func (r *scanReport) end() {
	if r.failed == nil && r.json == nil && r.counts.Open+r.counts.NotOpen > 1 {
		r.o.out.Print(r.counts)
	}
}

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

func (r *scanReport) writeJSON(res scan.Result) {
	line := scanLine{
		Host: r.o.Target.Host, Address: res.Address.String(), Port: res.Port, Protocol: r.o.Protocol(),
		Service: addr.Service(r.o.Protocol(), res.Port), State: string(res.State),
	}
	if answered := res.State != scan.Silent && !event.TimedOut(res.Err); answered {
		line.RTT = float64(res.RTT.Round(time.Microsecond)) / float64(time.Millisecond)
	}
	if res.Err != nil {
		line.Error = event.Reason(res.Err)
	}
	if text, err := json.Marshal(line); err == nil {
		r.json.Write(append(text, '\n'))
	}
}
