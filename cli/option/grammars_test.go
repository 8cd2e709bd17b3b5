package option_test

import (
	"time"

	. "gonc/cli/option"
)

var goncGrammar = Grammar{
	Letters: []Letter{
		{'4', IPv4}, {'6', IPv6}, {'u', UDP}, {'U', Unix}, {'l', Listen}, {'p', SourcePort}, {'s', Source},
		{'k', KeepOpen}, {'n', NoDNS}, {'d', NoStdin}, {'N', HalfClose}, {'q', QuitAfter}, {'w', Timeout},
		{'C', CRLF}, {'i', Interval}, {'W', RecvLimit}, {'t', Telnet}, {'z', Scan}, {'r', RandomPorts},
		{'b', Broadcast}, {'F', PassFD}, {'x', SOCKS}, {'X', ProxyType}, {'P', ProxyUser}, {'M', TTL},
		{'m', MinTTL}, {'I', RecvBuffer}, {'O', SendBuffer}, {'T', TOS}, {'S', TCPMD5}, {'D', Debug},
		{'V', RTable}, {'e', Exec}, {'c', ShExec}, {'o', Output}, {'v', Verbose}, {'h', Help},
	},
}

var ncGrammar = Grammar{
	Letters: []Letter{
		{'4', IPv4}, {'6', IPv6}, {'u', UDP}, {'U', Unix}, {'l', Listen}, {'p', SourcePort}, {'s', Source},
		{'k', KeepOpen}, {'n', NoDNS}, {'d', NoStdin}, {'N', HalfClose}, {'q', QuitAfter}, {'w', Timeout},
		{'C', CRLF}, {'i', Interval}, {'W', RecvLimit}, {'t', Telnet}, {'z', Scan}, {'r', RandomPorts},
		{'b', Broadcast}, {'F', PassFD}, {'x', SOCKS}, {'X', ProxyType}, {'P', ProxyUser}, {'M', TTL},
		{'m', MinTTL}, {'I', RecvBuffer}, {'O', SendBuffer}, {'T', TOS}, {'S', TCPMD5}, {'D', Debug},
		{'V', RTable}, {'e', Exec}, {'c', ShExec}, {'v', Verbose}, {'h', Help},
		{'g', SourceRoute}, {'G', SourceRoutePointer},
	},
	StopAtHelp: true,
	Lenient:    true,
}

var ncatGrammar = Grammar{
	Letters: []Letter{
		{'4', IPv4}, {'6', IPv6}, {'U', Unix}, {'C', CRLF}, {'c', ShExec}, {'e', Exec}, {'g', SourceRoute},
		{'G', SourceRoutePointer}, {'m', MaxConns}, {'h', Help}, {'d', Interval}, {'o', Output}, {'x', HexDump},
		{'i', IdleTimeout}, {'p', SourcePort}, {'s', Source}, {'l', Listen}, {'k', KeepOpen}, {'n', NoDNS},
		{'t', Telnet}, {'u', UDP}, {'v', Verbose}, {'w', ConnectTimeout}, {'z', Scan}, {'q', QuitAfter},
	},
	Names: []Name{
		{"4", IPv4}, {"6", IPv6}, {"unixsock", Unix}, {"vsock", VSock}, {"crlf", CRLF}, {"sh-exec", ShExec},
		{"exec", Exec}, {"lua-exec", LuaExec}, {"g", SourceRoute}, {"G", SourceRoutePointer},
		{"max-conns", MaxConns}, {"help", Help}, {"delay", Interval}, {"output", Output}, {"hex-dump", HexDump},
		{"append-output", AppendOutput}, {"idle-timeout", IdleTimeout}, {"source-port", SourcePort},
		{"source", Source}, {"listen", Listen}, {"keep-open", KeepOpen}, {"nodns", NoDNS}, {"telnet", Telnet},
		{"udp", UDP}, {"sctp", SCTP}, {"verbose", Verbose}, {"wait", ConnectTimeout}, {"send-only", SendOnly},
		{"recv-only", RecvOnly}, {"no-shutdown", NoShutdown}, {"broker", Broker}, {"chat", Chat}, {"talk", Chat},
		{"allow", Allow}, {"allowfile", AllowFile}, {"deny", Deny}, {"denyfile", DenyFile}, {"proxy", Proxy},
		{"proxy-type", ProxyType}, {"proxy-auth", ProxyAuth}, {"proxy-dns", ProxyDNS}, {"ssl", TLS},
		{"ssl-cert", TLSCert}, {"ssl-key", TLSKey}, {"ssl-verify", TLSVerify}, {"ssl-trustfile", TLSTrustFile},
		{"ssl-ciphers", TLSCiphers}, {"ssl-servername", TLSServerName}, {"ssl-alpn", TLSALPN},
		{"nsock-engine", Engine}, {"test", SelfTest}, {"version", Version},
	},
	Abbreviations:          true,
	StopAtHelp:             true,
	Lenient:                true,
	UnitFrom:               100 * time.Second,
	PositiveTimes:          true,
	Conflicts:              []Conflict{{A: Source, B: Listen, Reason: ForConnecting, Unless: []ID{To}}},
	Permits:                []Pair{{KeepOpen, Listen}},
	DefaultPort:            "31337",
	DefaultProxyServerPort: "3128",
	ProxyTypeServes:        true,
	OnePort:                true,
}
