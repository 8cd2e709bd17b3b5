// Package option reads the command line. Parse turns arguments into Options,
// which are facts, or into a typed error. It prints nothing, opens nothing and
// knows no dialect: the letters, names and rules in which netcats differ come
// in as a Grammar.
//
// A new option is an ID, a row in the table of table.go, a field of Options if
// it has a value, and a letter where a dialect has one for it.
package option

// An ID identifies an option, whatever a dialect calls it.
type ID uint8

// The options, in the order of the help text.
const (
	IPv4 ID = iota
	IPv6
	UDP
	Unix
	Listen
	SourcePort
	Source
	KeepOpen
	MaxConns
	NoDNS
	NoStdin
	SendOnly
	RecvOnly
	HalfClose
	NoShutdown
	QuitAtPeerEOF
	QuitAfter
	Timeout
	ConnectTimeout
	IdleTimeout
	AcceptTimeout
	CRLF
	Interval
	RecvLimit
	Telnet
	Scan
	RandomPorts
	Broadcast
	PassFD

	SOCKS // a proxy that is SOCKS 5 unless its type is given
	Proxy // a proxy that is HTTP unless its type is given
	ProxyType
	ProxyUser
	ProxyAuth
	ProxyDNS

	TTL
	MinTTL
	RecvBuffer
	SendBuffer
	TOS
	TCPMD5
	Debug
	RTable
	Congestion
	Interface
	KeepAlive

	Exec
	ShExec
	HTTP
	Page
	Reply
	Broker
	Chat
	Allow
	AllowFile
	Deny
	DenyFile

	TLS
	TLSVerify
	TLSNoVerify
	TLSTrustFile
	TLSCert
	TLSKey
	TLSServerName
	TLSALPN
	TLSCiphers
	TLSMin
	TLSMax
	TLSPin

	Output
	HexDump
	AppendOutput
	Progress
	Hash
	LimitRate

	To
	ProxyServer
	AllowTo
	DenyTo
	ProxyProtocol
	AcceptProxyProtocol
	SocketActivation

	Retry
	Explain
	JSON
	NoSandbox
	Completion
	Verbose
	Dialect
	Help
	Version

	// What only other netcats have. A dialect lists these so that their
	// arguments are not taken for operands.
	SourceRoute
	SourceRoutePointer
	SCTP
	VSock
	LuaExec
	Engine
	SelfTest

	NumIDs
)

// IsProxy reports whether id names a proxy to connect through.
func (id ID) IsProxy() bool { return id == SOCKS || id == Proxy }

// unbuilt lists the options whose feature is not there yet. They are unknown on
// the command line and missing from the help; a line goes when its feature is
// wired.
var unbuilt = []ID{}

// built reports whether the feature behind the option is there.
func (id ID) built() bool {
	for _, u := range unbuilt {
		if u == id {
			return false
		}
	}
	return true
}

// implied returns the option that id brings with it.
func (id ID) implied() (other ID, ok bool) {
	switch {
	case id > TLS && id <= TLSPin:
		return TLS, true
	case id == Broker, id == Chat:
		return Listen, true
	}
	return 0, false
}

// isForeign reports whether id is an option that only other netcats have.
func (id ID) isForeign() bool { return id >= SourceRoute && id < NumIDs }

// A set holds IDs.
type set [(NumIDs + 63) / 64]uint64

func (s *set) add(id ID)      { s[id/64] |= 1 << (id % 64) }
func (s *set) remove(id ID)   { s[id/64] &^= 1 << (id % 64) }
func (s *set) has(id ID) bool { return s[id/64]&(1<<(id%64)) != 0 }
