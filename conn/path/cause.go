package path

import (
	"net/netip"
	"slices"
)

// Facts describe an attempt to connect, as far as it is known.
type Facts struct {
	Way
	Network string // "tcp" or "udp"
	Port    uint16
	Answer  Answer
	Name    Origin   // of the name that was asked for; empty for a numeric address
	Others  []Answer // of other ports and addresses of the same host
}

// A Cause is why an attempt failed, most likely.
type Cause uint8

const (
	Unknown          Cause = iota
	FirewallHere           // a rule of this machine's firewall was seen that keeps it back
	RejectedHere           // this machine itself sent the error, no rule was seen
	NoWay                  // no route
	WayBlocked             // a route that refuses
	DeniedHere             // this machine's rules, not seen
	ListensElsewhere       // a program of this machine listens on the port, at other addresses
	SameNATAddress         // the address of a NAT guest, and this machine has it itself
	NothingHere            // this machine, and nothing listens
	FullHere               // this machine, a program listens and does not answer
	NATAddress             // an address behind the NAT of a virtual machine
	ContainerAddress       // an address of a container on another machine
	LibvirtAddress         // an address behind libvirt's NAT on another machine
	HostOnlyAddress        // an address of a host-only network of another machine
	NoSuchMachine          // no machine on the link has the address
	GatewayMute            // the gateway does not answer
	HostRejects            // a firewall on the target rejects
	RouterRejects          // a firewall on the way rejects
	RouterNoHost           // the router before the target can't find it
	RouterNoRoute          // a router on the way has no route
	RoutingLoop            // the hop limit ran out
	OtherFamilyTakes       // another address of the name takes the port
	NearPortTakes          // the port beside it is taken
	RefusedThere           // the target answers and does not take the port
	PortRejected           // the target is on, and this port is unreachable
	HostDrops              // the target is on, and silent on this port
	PrivateBeyond          // a private address beyond the networks of this machine
	Silence                // nothing came back
	OutOfReach             // unreachable, it was not seen why
	NothingBehind          // connected and closed at once: a forwarder with nothing behind it
	ResetThere             // connected and reset
	numCauses
)

// A Set is a set of facts.
type Set uint64

const (
	wasRefused Set = 1 << iota
	wasSilent
	wasUnreachable
	wasDenied
	wasClosed
	wasReset
	isTCP
	routeNone
	routeBlocked
	ruleSeen
	isOwn
	isOn // a network of this machine
	isPrivate
	isNATGuest
	isContainer
	isLibvirt
	isHostOnly
	listensHere
	viaGateway
	hopMute
	hopAnswers
	icmpPort
	icmpHost
	icmpNet
	icmpProhibited
	icmpExpired
	fromHere
	fromTarget
	fromRouter
	otherAddrTakes
	nearPortTakes
	otherPortAnswers
)

// A row of the table: cause is likely if all facts in all are known, at least
// one of those in any, unless that is 0, and none of those in none.
type row struct {
	all, any, none Set
	cause          Cause
}

const lost = wasSilent | wasUnreachable

// table maps facts to conclusions. The first row that matches is used.
var table = [...]row{
	{all: ruleSeen, any: lost | wasRefused | wasDenied, cause: FirewallHere},
	{all: fromHere, any: icmpPort | icmpHost | icmpNet | icmpProhibited, none: isOwn | hopMute, cause: RejectedHere},
	{all: routeNone, cause: NoWay},
	{all: routeBlocked, cause: WayBlocked},
	{all: wasDenied, none: fromTarget | fromRouter, cause: DeniedHere},

	{all: isOwn | wasRefused | listensHere, cause: ListensElsewhere},
	{all: isOwn | wasRefused | isNATGuest, cause: SameNATAddress},
	{all: isOwn | wasRefused, cause: NothingHere},
	{all: isOwn | wasSilent, cause: FullHere},

	{all: isNATGuest, any: lost, none: isOn, cause: NATAddress},
	{all: isContainer, any: lost, none: isOn, cause: ContainerAddress},
	{all: isLibvirt, any: lost, none: isOn, cause: LibvirtAddress},
	{all: isHostOnly, any: lost, none: isOn, cause: HostOnlyAddress},

	{all: viaGateway | hopMute, any: lost, cause: GatewayMute},
	{all: hopMute, any: lost, cause: NoSuchMachine},

	{all: icmpExpired, cause: RoutingLoop},
	{all: fromTarget | isTCP, any: icmpPort | icmpHost | icmpNet | icmpProhibited, cause: HostRejects},
	{all: fromTarget, any: icmpHost | icmpNet | icmpProhibited, cause: HostRejects},
	{all: fromRouter, any: icmpPort | icmpProhibited, cause: RouterRejects},
	{all: fromRouter | otherPortAnswers, any: icmpHost | icmpNet, cause: RouterRejects},
	{all: fromRouter | icmpHost, cause: RouterNoHost},
	{all: fromRouter | icmpNet, cause: RouterNoRoute},

	{all: otherAddrTakes, any: lost | wasRefused, cause: OtherFamilyTakes},
	{all: wasRefused | nearPortTakes, cause: NearPortTakes},
	{all: wasRefused, cause: RefusedThere},
	{all: wasUnreachable | otherPortAnswers, cause: PortRejected},
	{all: wasSilent | otherPortAnswers, cause: HostDrops},
	{all: wasSilent | hopAnswers, none: viaGateway, cause: HostDrops},
	{all: isPrivate, any: lost, none: isOn, cause: PrivateBeyond},
	{all: wasSilent, cause: Silence},
	{all: wasUnreachable, cause: OutOfReach},
	{all: wasClosed, cause: NothingBehind},
	{all: wasReset, cause: ResetThere},
}

// Judge returns the likely cause of a failed attempt.
func (f *Facts) Judge() Cause { return judge(f.set()) }

func judge(s Set) Cause {
	for _, r := range table {
		if s&r.all == r.all && s&r.none == 0 && (r.any == 0 || s&r.any != 0) {
			return r.cause
		}
	}
	return Unknown
}

// set returns the facts as the table has them.
func (f *Facts) set() Set {
	s := f.outcome() | f.icmp() | f.others()
	for _, b := range [...]struct {
		fact Set
		is   bool
	}{
		{isTCP, f.Network == "tcp"},
		{routeNone, f.Route.Kind == NoRoute},
		{routeBlocked, f.Route.Kind == Blocked},
		{ruleSeen, f.Firewall != nil},
		{isOwn, f.Own},
		{isOn, f.On != nil || f.Own},
		{isPrivate, f.Private()},
		{isNATGuest, f.Like == NATGuest},
		{isContainer, f.Like == ContainerGuest},
		{isLibvirt, f.Like == LibvirtGuest},
		{isHostOnly, f.Like == HostOnly},
		{listensHere, len(f.Listening) > 0},
		{viaGateway, f.Route.Gateway.IsValid()},
		{hopMute, f.Neighbour.State == Mute || f.Neighbour.State == Asking},
		{hopAnswers, f.Neighbour.State == Answers},
	} {
		if b.is {
			s |= b.fact
		}
	}
	return s
}

func (f *Facts) outcome() Set {
	switch f.Answer.Outcome {
	case Refused:
		return wasRefused
	case Silent:
		return wasSilent
	case Unreachable:
		return wasUnreachable
	case Denied:
		return wasDenied
	case ClosedAtOnce:
		return wasClosed
	case ResetLater:
		return wasReset
	}
	return 0
}

func (f *Facts) icmp() (s Set) {
	from := f.Answer.ICMP.From
	if !from.IsValid() {
		return 0
	}
	switch f.Answer.ICMP.Meaning {
	case NoPort:
		s = icmpPort
	case NoHost:
		s = icmpHost
	case NoNet:
		s = icmpNet
	case Prohibited:
		s = icmpProhibited
	case TimeExceeded:
		s = icmpExpired
	}
	switch {
	case from == f.To.WithZone(""):
		return s | fromTarget
	case f.SentHere():
		return s | fromHere
	}
	return s | fromRouter
}

// SentHere reports whether the ICMP error of the answer came from this machine
// itself.
func (f *Facts) SentHere() bool {
	from := f.Answer.ICMP.From
	own := func(n Network) bool { return n.Prefix.Addr() == from.WithZone("") }
	return from.IsLoopback() || slices.ContainsFunc(f.Networks, own)
}

// others returns what other addresses and ports of the host answered.
func (f *Facts) others() (s Set) {
	for _, o := range f.Others {
		answered := o.Outcome == Accepted || o.Outcome == Refused
		switch {
		case o.Addr.Addr() != f.To:
			if o.Outcome == Accepted {
				s |= otherAddrTakes
			}
		case answered && (!o.ICMP.From.IsValid() || o.ICMP.From == f.To):
			s |= otherPortAnswers
			if o.Outcome == Accepted && f.near(o.Addr) {
				s |= nearPortTakes
			}
		}
	}
	return s
}

// near reports whether a port is the one before or after.
func (f *Facts) near(o netip.AddrPort) bool {
	d := int(o.Port()) - int(f.Port)
	return d == 1 || d == -1
}
