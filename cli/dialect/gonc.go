package dialect

import (
	"os"
	"time"

	"gonc/cli/option"
	"gonc/relay"
)

// gonc is the dialect of gonc's own. Package message has its words.
var gonc = Dialect{
	Name:    "gonc",
	Grammar: option.Grammar{Letters: goncLetters[:]},

	HalfClose:    true,
	ListenEOF:    relay.FinishIfIdle,
	ConnectEOF:   relay.FinishIfIdle,
	BothFamilies: true,
	UDPQuiet:     time.Second,

	Program:    "gonc",
	Hints:      true,
	OnTerminal: true,
	PrintsOpen: true,
	Help:       os.Stdout,
	Head:       goncHead,
	Topics:     true,

	Network: 1,
	Other:   2,
}

func goncHead(string) string {
	return `usage: gonc [options] host port                connect, or host:port
       gonc [options] -U [-l] path             a Unix socket
       gonc [options] -l [host] port           listen
       gonc -l --http [host] port              serve a test page
       gonc -l -k [host] port --to address     forward
       gonc -l --proxy-server [host] port      be a proxy
       gonc -z [options] host port...          scan: ports, names, lo-hi ranges
       gonc --ssl ...                          any of these streams over TLS
       gonc --explain ...                      why does it (not) connect?
`
}

var goncLetters = [...]option.Letter{
	{Letter: '4', ID: option.IPv4},
	{Letter: '6', ID: option.IPv6},
	{Letter: 'u', ID: option.UDP},
	{Letter: 'U', ID: option.Unix},
	{Letter: 'l', ID: option.Listen},
	{Letter: 'p', ID: option.SourcePort},
	{Letter: 's', ID: option.Source},
	{Letter: 'k', ID: option.KeepOpen},
	{Letter: 'n', ID: option.NoDNS},
	{Letter: 'd', ID: option.NoStdin},
	{Letter: 'N', ID: option.HalfClose},
	{Letter: 'q', ID: option.QuitAfter},
	{Letter: 'w', ID: option.Timeout},
	{Letter: 'C', ID: option.CRLF},
	{Letter: 'i', ID: option.Interval},
	{Letter: 'W', ID: option.RecvLimit},
	{Letter: 't', ID: option.Telnet},
	{Letter: 'z', ID: option.Scan},
	{Letter: 'r', ID: option.RandomPorts},
	{Letter: 'b', ID: option.Broadcast},
	{Letter: 'F', ID: option.PassFD},
	{Letter: 'x', ID: option.SOCKS},
	{Letter: 'X', ID: option.ProxyType},
	{Letter: 'P', ID: option.ProxyUser},
	{Letter: 'M', ID: option.TTL},
	{Letter: 'm', ID: option.MinTTL},
	{Letter: 'I', ID: option.RecvBuffer},
	{Letter: 'O', ID: option.SendBuffer},
	{Letter: 'T', ID: option.TOS},
	{Letter: 'S', ID: option.TCPMD5},
	{Letter: 'D', ID: option.Debug},
	{Letter: 'V', ID: option.RTable},
	{Letter: 'e', ID: option.Exec},
	{Letter: 'c', ID: option.ShExec},
	{Letter: 'v', ID: option.Verbose},
	{Letter: 'h', ID: option.Help},
	{Letter: 'o', ID: option.Output}, // last: nc does not have it
}
