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

// explainAll prints why ports are not open: of the ports that have one cause
// at one address, of the first.
func (r *scanReport) explainAll(ctx context.Context) {
	if !r.explain {
		return
	}
	e := r.explorer()
	others := r.answers()
	var seen [][2]any
next:
	for i, res := range r.results {
		if res.State == scan.Open || res.State == scan.Silent || ctx.Err() != nil {
			continue
		}
		for _, s := range seen {
			if s == [2]any{res.Address, res.Err} {
				continue next
			}
		}
		f := e.Port(ctx, others[i], res.Err, others)
		if len(seen) == 0 || seen[len(seen)-1][0] != res.Address {
			r.o.out.Print(event.Explained{Step: path.StepNeighbour, Facts: f, Scan: true})
		}
		r.o.out.Print(event.Explained{Step: path.StepCause, Facts: f, Scan: true})
		seen = append(seen, [2]any{res.Address, res.Err})
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
