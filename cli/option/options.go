package option

import (
	"slices"
	"time"

	"gonc/conn/addr"
	"gonc/conn/proxy"
)

// Options holds the content of a command line. Whether an option was given is for Has
// to say; the fields hold the values of those that have one, and mean nothing
// for the others. No default of a mode is in them.
type Options struct {
	// Operands are the operands as they were typed. Target is what they mean;
	// it is empty beside Help, Version and Completion.
	Operands []string
	Target   Target

	// Where from.
	SourcePort string
	Source     string
	Interface  string

	// Limits.
	MaxConns       int
	QuitAfter      time.Duration // negative: never
	Timeout        time.Duration
	ConnectTimeout time.Duration
	IdleTimeout    time.Duration
	AcceptTimeout  time.Duration
	Interval       time.Duration
	RecvLimit      int
	Retry          time.Duration
	LimitRate      int64 // bytes a second

	// Proxies is the chain to connect through, without logins that come from
	// elsewhere than its URLs.
	Proxies   []proxy.Proxy
	ProxyType string // socks4, socks4a, socks5 or http; empty: not given
	ProxyUser string
	ProxyAuth string
	ProxyDNS  string

	// The socket.
	TTL        int
	MinTTL     int
	RecvBuffer int
	SendBuffer int
	TOS        int
	RTable     int
	Congestion string
	KeepAlive  KeepAliveTimes

	// What is done with a connection.
	Exec      []string // the program and its arguments
	ShExec    string
	Page      string
	Reply     string
	Allow     []string
	AllowFile []string
	Deny      []string
	DenyFile  []string

	// TLS.
	TLSTrustFile  string
	TLSCert       string
	TLSKey        string
	TLSServerName string
	TLSALPN       []string
	TLSCiphers    []string
	TLSMin        uint16 // as crypto/tls has them; zero: not given
	TLSMax        uint16
	TLSPin        string

	// Records and meters.
	Output        string
	HexDump       string
	ProgressPlain bool
	Hash          string

	// Forwarding and the proxy server.
	To            []Forward
	AllowTo       []string
	DenyTo        []string
	ProxyProtocol int // its version

	Completion string
	Verbose    int

	given      set
	names      [NumIDs]string // as typed, of the options given and implied
	grammar    *Grammar
	proxyTexts []proxyText
	proxyType  string // as typed
}

// A KeepAliveTimes is what TCP keepalive is set to; zero: the system's value.
type KeepAliveTimes struct {
	Idle, Interval time.Duration
	Count          int
}

// A Target is where to connect or to listen, and the ports of it that are
// meant; only Addr.Port if Ports is empty.
type Target struct {
	addr.Addr
	Ports []uint16
}

// A proxyText is a proxy before its type is known.
type proxyText struct {
	id       ID
	text     string
	fallback string // the type of what says none
}

func newOptions(g *Grammar) *Options { return &Options{grammar: g} }

// Has reports whether the option was given, or is implied by one that was.
func (o *Options) Has(id ID) bool { return o.given.has(id) }

// HasProxy reports whether there is a proxy to connect through.
func (o *Options) HasProxy() bool { return o.Has(SOCKS) || o.Has(Proxy) }

// Name returns the option as it was typed, with its dashes; the dialect's
// usual spelling if it was not given.
func (o *Options) Name(id ID) string {
	if o.names[id] != "" {
		return o.names[id]
	}
	return o.grammar.Spell(id)
}

// Protocol returns the network without its family.
func (o *Options) Protocol() string {
	switch {
	case o.Has(Unix) && o.Has(UDP):
		return "unixgram"
	case o.Has(Unix):
		return "unix"
	case o.Has(UDP):
		return "udp"
	}
	return "tcp"
}

// Network returns the network in the words of package net.
func (o *Options) Network() string {
	switch {
	case o.Has(IPv4):
		return o.Protocol() + "4"
	case o.Has(IPv6):
		return o.Protocol() + "6"
	}
	return o.Protocol()
}

// set notes an option and its value.
func (o *Options) set(id ID, name, value string, hasValue bool) error {
	switch {
	case id == Dialect:
		return &MisplacedError{id, name}
	case id == Engine, id == SelfTest:
		return nil // they change nothing that can be seen
	case id.isForeign():
		return &UnsupportedError{id, name, foreignOf(id)}
	case id == Verbose:
		o.Verbose++
	}
	o.mark(id, name)
	if hasValue {
		return o.setValue(id, name, value)
	}
	return nil
}

// mark notes that id was given, and what it implies.
func (o *Options) mark(id ID, name string) {
	o.given.add(id)
	o.names[id] = name
	if other, ok := id.implied(); ok && !o.Has(other) && !slices.Contains(o.grammar.Explicit, id) {
		o.given.add(other)
		o.names[other] = name
	}
}

// forget takes back that id was given.
func (o *Options) forget(id ID) {
	o.given.remove(id)
	switch id {
	case Interval:
		o.Interval = 0
	case RecvLimit:
		o.RecvLimit = 0
	}
}

// settle checks the options against one another and reads the operands and
// the proxies.
func (o *Options) settle(g *Grammar) error {
	if g.ProxyTypeServes && o.Has(Listen) && o.Has(ProxyType) {
		o.mark(ProxyServer, o.Name(ProxyType))
	}
	if o.Has(TTL) && o.TTL == 0 && !g.Lenient {
		return &ValueError{ID: TTL, Name: o.Name(TTL), Text: "0", Why: TooSmall, Min: 1, Max: table[TTL].max}
	}
	if err := o.conflict(g); err != nil {
		return err
	}
	if err := o.readTarget(g); err != nil {
		return err
	}
	return o.readProxies()
}
