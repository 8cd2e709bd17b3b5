package message

import (
	"fmt"
	"strings"

	"gonc/cli/dialect"
	"gonc/cli/option"
)

// A topic is a part of the help that can be asked for by name.
type topic struct {
	name    string
	heading string
	common  []option.ID // also in the help without a topic
	more    []option.ID
}

// topics are the parts of the help; each option is in one of them.
var topics = [...]topic{
	{
		name: "connect", heading: "Connecting and listening",
		common: []option.ID{
			option.Listen, option.KeepOpen, option.UDP, option.Unix, option.IPv4, option.IPv6, option.SourcePort,
			option.Source, option.NoDNS, option.Timeout, option.Retry,
		},
		more: []option.ID{
			option.ConnectTimeout, option.IdleTimeout, option.AcceptTimeout, option.MaxConns, option.Broadcast,
			option.Interface, option.SocketActivation, option.Allow, option.AllowFile, option.Deny, option.DenyFile, option.AcceptProxyProtocol,
		},
	},
	{
		name: "data", heading: "What is sent and received, and when it ends",
		common: []option.ID{
			option.NoStdin, option.QuitAfter, option.CRLF, option.Output, option.Progress,
		},
		more: []option.ID{
			option.HalfClose, option.NoShutdown, option.SendOnly, option.RecvOnly, option.QuitAtPeerEOF, option.Interval, option.RecvLimit,
			option.Telnet, option.HexDump, option.AppendOutput, option.Hash, option.LimitRate,
		},
	},
	{
		name: "serve", heading: "What is done with a connection instead",
		common: []option.ID{option.Exec, option.ShExec, option.HTTP, option.Reply, option.To, option.ProxyServer},
		more:   []option.ID{option.Page, option.Broker, option.Chat, option.AllowTo, option.DenyTo, option.ProxyProtocol, option.PassFD},
	},
	{
		name: "tls", heading: "TLS",
		common: []option.ID{option.TLS, option.TLSNoVerify, option.TLSPin},
		more: []option.ID{
			option.TLSVerify, option.TLSTrustFile, option.TLSCert, option.TLSKey, option.TLSServerName, option.TLSALPN,
			option.TLSCiphers, option.TLSMin, option.TLSMax,
		},
	},
	{
		name: "proxy", heading: "Through a proxy",
		common: []option.ID{option.Proxy},
		more:   []option.ID{option.SOCKS, option.ProxyType, option.ProxyUser, option.ProxyAuth, option.ProxyDNS},
	},
	{
		name: "scan", heading: "Scanning",
		common: []option.ID{option.Scan},
		more:   []option.ID{option.RandomPorts},
	},
	{
		name: "socket", heading: "Socket options",
		more: []option.ID{
			option.TTL, option.MinTTL, option.RecvBuffer, option.SendBuffer, option.TOS, option.TCPMD5, option.Debug,
			option.RTable, option.Congestion, option.KeepAlive,
		},
	},
	{
		name: "general", heading: "Messages and help",
		common: []option.ID{option.Verbose, option.Explain, option.Help},
		more:   []option.ID{option.JSON, option.NoSandbox, option.Dialect, option.Completion, option.Version},
	},
}

// IsTopic reports whether name is a part of the help, or all of it.
func IsTopic(name string) bool {
	return name == "all" || topicOf(name) != nil
}

func topicOf(name string) *topic {
	if name == "listen" { // the heading has both words
		name = "connect"
	}
	for i := range topics {
		if topics[i].name == name {
			return &topics[i]
		}
	}
	return nil
}

// Topic returns one part of the help, or "all" of them.
func Topic(d *dialect.Dialect, version, name string) string {
	var b strings.Builder
	if t := topicOf(name); t != nil {
		writeSection(&b, d, t.heading, t.common, t.more)
		return b.String() + helpTail
	}
	b.WriteString(d.Head(version))
	for i := range topics {
		t := &topics[i]
		writeSection(&b, d, "\n"+t.heading, t.common, t.more)
	}
	return b.String() + helpTail
}

// commonHelp returns the options that are used most, and how to see the rest.
func commonHelp(d *dialect.Dialect, version string) string {
	var b strings.Builder
	b.WriteString(d.Head(version) + "\n")
	for i := range topics {
		t := &topics[i]
		if len(t.common) > 0 {
			writeSection(&b, d, t.heading, t.common)
		}
	}
	fmt.Fprintf(&b, "More: gonc -h all, or -h %s\n", strings.Join(Topics()[1:], "|"))
	return b.String()
}

// Topics returns the names of the parts of the help, "all" first.
func Topics() []string {
	names := make([]string, 1+len(topics))
	names[0] = "all"
	for i := range topics {
		names[1+i] = topics[i].name
	}
	return names
}

func writeSection(b *strings.Builder, d *dialect.Dialect, heading string, parts ...[]option.ID) {
	b.WriteString(heading + ":\n")
	for _, ids := range parts {
		for _, id := range ids {
			writeOption(b, d, id)
		}
	}
}
