package path

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"gonc/conn/errno"
)

// An Outcome is how an attempt to connect ended.
type Outcome uint8

const (
	Failed       Outcome = iota // in another way
	Accepted                    // there is a connection
	Refused                     // ECONNREFUSED: TCP's RST, or ICMP port unreachable
	Unreachable                 // EHOSTUNREACH, ENETUNREACH
	Silent                      // no answer in time
	Denied                      // EACCES, EPERM: this machine's own rules
	ResetLater                  // connected, then reset
	ClosedAtOnce                // connected, and closed without a byte
)

// OutcomeOf returns the outcome that an error of an attempt stands for.
func OutcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return Accepted
	case is(err, errno.Refused):
		return Refused
	case is(err, errno.NoHost), is(err, errno.NoNetwork):
		return Unreachable
	case is(err, errno.TimedOut), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return Silent
	case errors.Is(err, os.ErrPermission):
		return Denied
	case is(err, errno.Reset):
		return ResetLater
	}
	return Failed
}

func is(err, errno error) bool { return errors.Is(err, errno) }

// An Answer is what an attempt to connect was answered with.
type Answer struct {
	Addr    netip.AddrPort
	Outcome Outcome
	Took    time.Duration
	ICMP    ICMP // what was sent by From, if that is valid
}

// An ICMP is an error that a machine on the way, or its end, sent back.
type ICMP struct {
	Meaning ICMPMeaning
	Type    uint8
	Code    uint8
	From    netip.Addr
}

// An ICMPMeaning is what a type and code of ICMP (RFC 792, RFC 1812 section
// 5.2.7) or ICMPv6 (RFC 4443 section 3) say.
type ICMPMeaning uint8

const (
	OtherICMP    ICMPMeaning = iota
	NoPort                   // port unreachable
	NoHost                   // host or address unreachable
	NoNet                    // network unreachable, no route
	Prohibited               // administratively prohibited, by a policy
	TimeExceeded             // the hop limit ran out on the way
)

func meaning4(kind, code uint8) ICMPMeaning {
	switch {
	case kind == 11:
		return TimeExceeded
	case kind != 3:
		return OtherICMP
	}
	switch code {
	case 0, 6, 11:
		return NoNet
	case 1, 7, 8, 12:
		return NoHost
	case 2, 3:
		return NoPort
	case 9, 10, 13, 15:
		return Prohibited
	}
	return OtherICMP
}

func meaning6(kind, code uint8) ICMPMeaning {
	switch {
	case kind == 3:
		return TimeExceeded
	case kind != 1:
		return OtherICMP
	}
	switch code {
	case 0:
		return NoNet
	case 3:
		return NoHost
	case 4:
		return NoPort
	case 1, 5, 6:
		return Prohibited
	}
	return OtherICMP
}

// ProbeAll probes several addresses at once and returns the answers in their
// order.
func ProbeAll(ctx context.Context, to []netip.AddrPort) []Answer {
	answers := make([]Answer, len(to))
	var all sync.WaitGroup
	for i, at := range to {
		all.Go(func() { answers[i] = Probe(ctx, at) })
	}
	all.Wait()
	return answers
}

// Beside returns the ports of an address that tell whether the machine is on,
// and whether the port was mistaken: the ones before and after, those of SSH
// and HTTP.
func Beside(at netip.AddrPort) (all []netip.AddrPort) {
	for _, port := range [...]uint16{at.Port() - 1, at.Port() + 1, 22, 80} {
		to := netip.AddrPortFrom(at.Addr(), port)
		if port != 0 && port != at.Port() && !slices.Contains(all, to) {
			all = append(all, to)
		}
	}
	return all
}
