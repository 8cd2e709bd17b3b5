package cli

import (
	"context"
	"net/netip"

	"gonc/cli/event"
	"gonc/conn/path"
	"gonc/conn/scan"
)

// explorer returns what finds out about the host of the scan.
func (r *scanReport) explorer() *path.Explorer {
	e := &path.Explorer{Network: r.o.Protocol()}
	if !isNumeric(r.o.Target.Host) {
		e.Name = r.o.Target.Host
	}
	return e
}

// explainHost prints where the host is, before its ports are tried.
func (r *scanReport) explainHost(addrs []netip.Addr) {
	if !r.explain {
		return
	}
	if e := r.explorer(); e.Name != "" {
		r.o.out.Print(explainedName(e.Name, addrs))
	}
	for _, ip := range addrs {
		f := &path.Facts{Way: path.Look(r.o.Protocol(), netip.AddrPortFrom(ip, r.o.Target.Ports[0])), Network: r.o.Protocol()}
		r.o.out.Print(event.Explained{Step: path.StepRoute, Facts: f, Scan: true})
	}
}

// A sameCause is the ports that failed in one way at one address.
type sameCause struct {
	address netip.Addr
	err     error
	first   int // the index of the first result
	ports   int
}

// causes groups the results that are to be explained.
func (r *scanReport) causes() (all []sameCause) {
next:
	for i, res := range r.results {
		if res.State == scan.Open || res.State == scan.Silent {
			continue
		}
		for j := range all {
			if c := &all[j]; c.address == res.Address && c.err == res.Err {
				c.ports++
				continue next
			}
		}
		all = append(all, sameCause{res.Address, res.Err, i, 1})
	}
	return all
}

// explainAll prints why ports are not open: each cause at each address once.
func (r *scanReport) explainAll(ctx context.Context) {
	if !r.explain {
		return
	}
	e := r.explorer()
	others := r.answers()
	var last netip.Addr
	for _, c := range r.causes() {
		if ctx.Err() != nil {
			return
		}
		f := e.Port(ctx, others[c.first], c.err, others)
		if c.address != last {
			r.o.out.Print(event.Explained{Step: path.StepNeighbour, Facts: f, Scan: true})
		}
		r.o.out.Print(event.Explained{Step: path.StepCause, Facts: f, Scan: true, More: c.ports - 1})
		last = c.address
	}
}

// answers returns the results as answers of the host.
func (r *scanReport) answers() []path.Answer {
	all := make([]path.Answer, len(r.results))
	for i, res := range r.results {
		all[i] = path.Answer{Addr: netip.AddrPortFrom(res.Address, res.Port), Outcome: path.OutcomeOf(res.Err), Took: res.RTT}
	}
	return all
}
