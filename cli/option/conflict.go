package option

// A Reason says why options cannot be carried out together.
type Reason uint8

// The reasons. A is the first option of the conflict and B the second one.
const (
	Contradiction   Reason = iota // A and B contradict each other
	Needs                         // A means nothing without B, which is missing
	NoEffect                      // A means nothing beside B
	OneHandler                    // A and B both say what is done with a connection
	OwnLimits                     // B has time limits of its own
	NothingToSend                 // A is about sending, and B leaves nothing to send
	NothingReceived               // A is about receiving, and B leaves nothing to receive
	ScanCloses                    // B closes what it opens
	ForConnecting                 // A is for connecting, and B listens
	ListensForNone                // A is for a connection that was made, and B listens
	TCPOnly                       // A is about TCP, and B is not
	StreamsOnly                   // A is for streams, and B has datagrams
	BothOnStderr                  // both write to standard error
	NoIPAddress                   // A is about IP, and B is not
	NoPorts                       // A is about ports, and B has none
	NoBroadcasts                  // A is about broadcasts, and B has none
	NoDTLS                        // TLS over datagrams is not there
	ProxyCarriesTCP               // the proxy A carries nothing but TCP
	TLSStaysHere                  // TLS lives in this process, and B passes the connection on
	MinAboveMax                   // the lower bound A is above the upper bound B
)

// isNeed reports whether the second option is one that is missing.
func (r Reason) isNeed() bool { return r == Needs }

// A Conflict is a pair of options that cannot be carried out together, or of
// which the first one needs the second.
type Conflict struct {
	A, B   ID
	Reason Reason

	// Unless are options beside which there is no conflict; where A needs B,
	// these do as well as B.
	Unless []ID

	// Harmless says that A has no effect rather than a wrong one, so that a lenient
	// dialect forgets it.
	Harmless bool
}

// conflicts are the pairs that do not follow from the table of handlers.
// Of several that a command line has, the first one is reported.
var conflicts = [...]Conflict{
	{A: IPv4, B: IPv6},
	{A: SendOnly, B: RecvOnly},
	{A: SendOnly, B: NoStdin, Reason: NothingToSend},
	{A: HalfClose, B: NoShutdown},
	{A: Telnet, B: UDP, Reason: StreamsOnly, Harmless: true},
	{A: TCPMD5, B: UDP, Reason: TCPOnly},
	{A: Congestion, B: UDP, Reason: TCPOnly},
	{A: KeepAlive, B: UDP, Reason: TCPOnly},

	{A: Scan, B: Listen, Reason: ForConnecting},
	{A: KeepOpen, B: Listen, Reason: Needs},
	{A: AcceptTimeout, B: Listen, Reason: Needs},
	{A: ConnectTimeout, B: Listen, Reason: ForConnecting, Unless: []ID{TLS, To, ProxyServer, AcceptProxyProtocol}, Harmless: true},
	{A: Progress, B: KeepOpen, Reason: NoEffect, Harmless: true},
	{A: MaxConns, B: KeepOpen, Reason: Needs, Unless: []ID{HTTP, Broker, Chat, ProxyServer}, Harmless: true},
	{A: Page, B: HTTP, Reason: Needs},
	{A: Allow, B: Listen, Reason: Needs},
	{A: AllowFile, B: Listen, Reason: Needs},
	{A: Deny, B: Listen, Reason: Needs},
	{A: DenyFile, B: Listen, Reason: Needs},
	{A: SocketActivation, B: Listen, Reason: Needs},
	{A: AcceptProxyProtocol, B: Listen, Reason: Needs},
	{A: AcceptProxyProtocol, B: UDP, Reason: StreamsOnly},
	{A: Retry, B: Listen, Reason: ForConnecting},
	{A: Explain, B: Unix, Reason: NoIPAddress},

	{A: Telnet, B: Scan, Reason: NothingToSend, Harmless: true},
	{A: Congestion, B: Scan, Reason: NothingToSend},
	{A: PassFD, B: Scan, Reason: ScanCloses},
	{A: Exec, B: Scan, Reason: ScanCloses},
	{A: ShExec, B: Scan, Reason: ScanCloses},

	{A: IPv4, B: Unix, Reason: NoIPAddress},
	{A: IPv6, B: Unix, Reason: NoIPAddress},
	{A: SourcePort, B: Unix, Reason: NoPorts},
	{A: Source, B: Unix, Unless: []ID{UDP, Listen}},
	{A: Broadcast, B: Unix, Reason: NoBroadcasts, Harmless: true},
	{A: SOCKS, B: Unix, Reason: ProxyCarriesTCP, Unless: []ID{To, ProxyServer}},
	{A: Proxy, B: Unix, Reason: ProxyCarriesTCP, Unless: []ID{To, ProxyServer}},
	{A: TTL, B: Unix, Reason: NoIPAddress, Harmless: true},
	{A: MinTTL, B: Unix, Reason: NoIPAddress, Harmless: true},
	{A: TOS, B: Unix, Reason: NoIPAddress, Harmless: true},
	{A: Interface, B: Unix, Reason: NoIPAddress},
	{A: Allow, B: Unix, Reason: NoIPAddress, Unless: []ID{AcceptProxyProtocol}},
	{A: AllowFile, B: Unix, Reason: NoIPAddress, Unless: []ID{AcceptProxyProtocol}},
	{A: Deny, B: Unix, Reason: NoIPAddress, Unless: []ID{AcceptProxyProtocol}},
	{A: DenyFile, B: Unix, Reason: NoIPAddress, Unless: []ID{AcceptProxyProtocol}},
	{A: TCPMD5, B: Unix, Reason: TCPOnly},
	{A: Congestion, B: Unix, Reason: TCPOnly},
	{A: KeepAlive, B: Unix, Reason: TCPOnly},

	{A: SOCKS, B: Listen, Reason: ForConnecting, Unless: []ID{To, ProxyServer}},
	{A: Proxy, B: Listen, Reason: ForConnecting, Unless: []ID{To, ProxyServer}},
	{A: SOCKS, B: UDP, Reason: ProxyCarriesTCP},
	{A: Proxy, B: UDP, Reason: ProxyCarriesTCP},
	{A: ProxyType, B: SOCKS, Reason: Needs, Unless: []ID{Proxy, ProxyServer}, Harmless: true},
	{A: ProxyUser, B: SOCKS, Reason: Needs, Unless: []ID{Proxy}, Harmless: true},
	{A: ProxyAuth, B: Proxy, Reason: Needs, Unless: []ID{SOCKS, ProxyServer}, Harmless: true},
	{A: ProxyDNS, B: Proxy, Reason: Needs, Unless: []ID{SOCKS}, Harmless: true},
	{A: ProxyUser, B: ProxyAuth},

	{A: PassFD, B: Listen, Reason: ListensForNone},
	{A: CRLF, B: PassFD, Reason: NothingToSend, Harmless: true},
	{A: Telnet, B: PassFD, Reason: NothingToSend, Harmless: true},
	{A: Interval, B: PassFD, Reason: NothingToSend, Harmless: true},
	{A: RecvLimit, B: PassFD, Reason: NothingReceived, Harmless: true},
	{A: TLS, B: PassFD, Reason: TLSStaysHere},
	{A: Exec, B: PassFD, Reason: OneHandler},
	{A: ShExec, B: PassFD, Reason: OneHandler},

	{A: TLS, B: UDP, Reason: NoDTLS},
	{A: TLSVerify, B: TLSNoVerify},
	{A: TLSKey, B: TLSCert, Reason: Needs},
	{A: TLSServerName, B: Listen, Reason: ForConnecting, Harmless: true},
	{A: TLSNoVerify, B: Listen, Reason: ForConnecting, Harmless: true},
	{A: TLSNoVerify, B: TLSTrustFile},
	{A: TLSTrustFile, B: TLSPin, Reason: NoEffect},

	{A: AppendOutput, B: Output, Reason: Needs, Unless: []ID{HexDump}, Harmless: true},
	{A: Output, B: Scan, Reason: NoEffect},
	{A: HexDump, B: Scan, Reason: NoEffect},
	{A: Progress, B: Scan, Reason: NoEffect},
	{A: Hash, B: Scan, Reason: NoEffect},
	{A: LimitRate, B: Scan, Reason: NoEffect},
	{A: Output, B: PassFD, Reason: NoEffect},
	{A: HexDump, B: PassFD, Reason: NoEffect},
	{A: Progress, B: PassFD, Reason: NoEffect},
	{A: Hash, B: PassFD, Reason: NoEffect},
	{A: LimitRate, B: PassFD, Reason: NoEffect},

	{A: ProxyProtocol, B: To, Reason: Needs},
	{A: ProxyProtocol, B: UDP, Reason: StreamsOnly},
	{A: AllowTo, B: ProxyServer, Reason: Needs},
	{A: DenyTo, B: ProxyServer, Reason: Needs},
}

// conflict returns the first conflict of o, or nil.
func (o *Options) conflict(g *Grammar) error {
	var err error
	check := func(c Conflict) bool {
		if !o.hasConflict(c) {
			return true
		}
		if c.Harmless && g.Lenient {
			o.forget(c.A)
			return true
		}
		err = &ConflictError{A: c.A, B: c.B, NameA: o.Name(c.A), NameB: o.nameOfSecond(c), Reason: c.Reason}
		return false
	}
	for _, c := range g.Conflicts {
		if !check(c) {
			return err
		}
	}
	allConflicts(check)
	if err == nil {
		err = o.valueConflict()
	}
	return err
}

// valueConflict returns the conflict of options whose values do not go together.
func (o *Options) valueConflict() error {
	between := func(a, b ID, why Reason) error {
		return &ConflictError{A: a, B: b, NameA: o.Name(a), NameB: o.Name(b), Reason: why}
	}
	switch {
	case o.Has(TLSMin) && o.Has(TLSMax) && o.TLSMin > o.TLSMax:
		return between(TLSMin, TLSMax, MinAboveMax)
	case o.Has(JSON) && o.Output == "-":
		return between(JSON, Output, BothOnStderr)
	case o.Has(JSON) && o.HexDump == "-":
		return between(JSON, HexDump, BothOnStderr)
	}
	return nil
}

// allConflicts calls yield with each conflict that all dialects have, until it
// returns false.
func allConflicts(yield func(Conflict) bool) {
	for _, c := range conflicts {
		if !yield(c) {
			return
		}
	}
	handlerConflicts(yield)
}

// hasConflict reports whether c holds for what was given.
func (o *Options) hasConflict(c Conflict) bool {
	if !o.Has(c.A) || o.Has(c.B) == c.Reason.isNeed() {
		return false
	}
	for _, id := range c.Unless {
		if o.Has(id) {
			return false
		}
	}
	return !o.grammar.permits(c)
}

// nameOfSecond returns the name of the second option of c: if it is needed and
// the dialect does not have it, that of another one that would do.
func (o *Options) nameOfSecond(c Conflict) string {
	name := o.Name(c.B)
	for _, id := range c.Unless {
		if name == "" {
			name = o.Name(id)
		}
	}
	return name
}
