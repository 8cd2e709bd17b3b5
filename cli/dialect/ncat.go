package dialect

import (
	"os"
	"time"

	"gonc/cli/option"
	"gonc/relay"
)

// ncat is Nmap's netcat, 7.93 to 7.99.
var ncat = Dialect{
	Name: "ncat",
	Grammar: option.Grammar{
		Letters:                ncatLetters[:],
		Names:                  ncatNames[:],
		Abbreviations:          true,
		StopAtHelp:             true,
		Lenient:                true,
		UnitFrom:               100 * time.Second,
		PositiveTimes:          true,
		Conflicts:              ncatConflicts[:],
		Permits:                []option.Pair{{A: option.KeepOpen, B: option.Listen}}, // since 7.96
		DefaultPort:            "31337",
		DefaultProxyServerPort: "3128",
		ProxyTypeServes:        true,
		OnePort:                true,
		Explicit:               []option.ID{option.Chat},
	},

	HalfClose:      true,
	ListenEOF:      relay.FinishIfIdle,
	ConnectEOF:     relay.FinishIfIdle,
	BothFamilies:   true,
	UDPQuiet:       time.Second,
	ConnectTimeout: 10 * time.Second,
	TrustsAnyPeer:  true,

	RefusalEnds:  Failing,
	PlainHexDump: true,

	Program: "Ncat",
	Help:    os.Stdout,
	Head:    ncatHead,
	Version: ncatVersion,
	Event:   ncatEvent,
	Error:   ncatError,
	Ending:  ncatEnding,

	Network:   1,
	Other:     2,
	IsNetwork: ncatIsNetwork,
}

// ncatConflicts are the combinations that only ncat refuses.
var ncatConflicts = [...]option.Conflict{
	{A: option.Source, B: option.Listen, Reason: option.ForConnecting, Unless: []option.ID{option.To}},
	{A: option.Telnet, B: option.Scan, Reason: option.NothingToSend},
	{A: option.ProxyType, B: option.Proxy, Reason: option.Needs, Unless: []option.ID{option.Listen}},
	{A: option.MaxConns, B: option.Listen, Reason: option.Needs},
}

// ncatLetters are the letters of ncat. -q came with 7.96.
var ncatLetters = [...]option.Letter{
	{Letter: '4', ID: option.IPv4},
	{Letter: '6', ID: option.IPv6},
	{Letter: 'U', ID: option.Unix},
	{Letter: 'C', ID: option.CRLF},
	{Letter: 'c', ID: option.ShExec},
	{Letter: 'e', ID: option.Exec},
	{Letter: 'g', ID: option.SourceRoute},
	{Letter: 'G', ID: option.SourceRoutePointer},
	{Letter: 'm', ID: option.MaxConns},
	{Letter: 'h', ID: option.Help},
	{Letter: 'd', ID: option.Interval},
	{Letter: 'o', ID: option.Output},
	{Letter: 'x', ID: option.HexDump},
	{Letter: 'i', ID: option.IdleTimeout},
	{Letter: 'p', ID: option.SourcePort},
	{Letter: 's', ID: option.Source},
	{Letter: 'l', ID: option.Listen},
	{Letter: 'k', ID: option.KeepOpen},
	{Letter: 'n', ID: option.NoDNS},
	{Letter: 't', ID: option.Telnet},
	{Letter: 'u', ID: option.UDP},
	{Letter: 'v', ID: option.Verbose},
	{Letter: 'w', ID: option.ConnectTimeout},
	{Letter: 'z', ID: option.Scan},
	{Letter: 'q', ID: option.QuitAfter},
}

// ncatNames are its long names. They are read by getopt_long(3), so they may be
// shortened; those of gonc's own have to be written in full.
var ncatNames = [...]option.Name{
	{Name: "4", ID: option.IPv4},
	{Name: "6", ID: option.IPv6},
	{Name: "unixsock", ID: option.Unix},
	{Name: "vsock", ID: option.VSock},
	{Name: "crlf", ID: option.CRLF},
	{Name: "g", ID: option.SourceRoute},
	{Name: "G", ID: option.SourceRoutePointer},
	{Name: "exec", ID: option.Exec},
	{Name: "sh-exec", ID: option.ShExec},
	{Name: "lua-exec", ID: option.LuaExec},
	{Name: "max-conns", ID: option.MaxConns},
	{Name: "help", ID: option.Help},
	{Name: "delay", ID: option.Interval},
	{Name: "listen", ID: option.Listen},
	{Name: "output", ID: option.Output},
	{Name: "hex-dump", ID: option.HexDump},
	{Name: "append-output", ID: option.AppendOutput},
	{Name: "idle-timeout", ID: option.IdleTimeout},
	{Name: "keep-open", ID: option.KeepOpen},
	{Name: "recv-only", ID: option.RecvOnly},
	{Name: "source-port", ID: option.SourcePort},
	{Name: "source", ID: option.Source},
	{Name: "send-only", ID: option.SendOnly},
	{Name: "no-shutdown", ID: option.NoShutdown},
	{Name: "broker", ID: option.Broker},
	{Name: "chat", ID: option.Chat},
	{Name: "talk", ID: option.Chat},
	{Name: "deny", ID: option.Deny},
	{Name: "denyfile", ID: option.DenyFile},
	{Name: "allow", ID: option.Allow},
	{Name: "allowfile", ID: option.AllowFile},
	{Name: "telnet", ID: option.Telnet},
	{Name: "udp", ID: option.UDP},
	{Name: "sctp", ID: option.SCTP},
	{Name: "version", ID: option.Version},
	{Name: "verbose", ID: option.Verbose},
	{Name: "wait", ID: option.ConnectTimeout},
	{Name: "nodns", ID: option.NoDNS},
	{Name: "proxy", ID: option.Proxy},
	{Name: "proxy-type", ID: option.ProxyType},
	{Name: "proxy-auth", ID: option.ProxyAuth},
	{Name: "proxy-dns", ID: option.ProxyDNS},
	{Name: "nsock-engine", ID: option.Engine},
	{Name: "test", ID: option.SelfTest},
	{Name: "ssl", ID: option.TLS},
	{Name: "ssl-cert", ID: option.TLSCert},
	{Name: "ssl-key", ID: option.TLSKey},
	{Name: "ssl-verify", ID: option.TLSVerify},
	{Name: "ssl-trustfile", ID: option.TLSTrustFile},
	{Name: "ssl-ciphers", ID: option.TLSCiphers},
	{Name: "ssl-servername", ID: option.TLSServerName},
	{Name: "ssl-alpn", ID: option.TLSALPN},
}

// ncatVersion is the line that scripts look at to tell one netcat from another.
func ncatVersion(version string) string {
	return "Ncat: Version 7.99 (emulated by gonc " + version + ")\n"
}

func ncatHead(version string) string {
	return "Ncat 7.99 (emulated by gonc " + version + `)
Usage: ncat [options] [hostname] [port]

`
}
