package main

import "gonc/conn"

// A clash is a reason why a command line cannot be carried out.
type clash struct {
	given bool
	text  string
	hint  string
}

// conflict returns the first reason why o cannot be carried out, or nil.
// Every pair of options that cannot go together has its sentence here, so
// that nothing is opened before the command line is known to be sound.
func (o *options) conflict() error {
	if o.proxyTyped {
		if _, err := conn.ProxyType(o.proxyType); err != nil {
			return usagef("proxy type %s is none of socks4, socks4a, socks5, http", quote(o.proxyType))
		}
	}
	if o.dialect.lenient {
		o.forgetIdle()
	}
	for _, list := range [][]clash{o.clashes(), o.listenClashes(), o.scanClashes(), o.unixClashes(), o.proxyClashes(), o.passClashes()} {
		for _, c := range list {
			if c.given {
				return &usageError{text: c.text, hint: c.hint}
			}
		}
	}
	if err := o.handlerConflict(); err != nil {
		return err
	}
	to, err := o.target()
	if err != nil {
		return err
	}
	chain, err := o.chain()
	if err != nil {
		return err
	}
	return asUsage(conn.CheckChain(chain, to.Address))
}

// forgetIdle forgets options that have no effect beside others, for a dialect
// whose netcat takes them without a word.
func (o *options) forgetIdle() {
	if o.unix {
		o.broadcast = false
		o.ttl, o.minTTL, o.tos = -1, -1, -1
	}
	if o.udp || o.scan || o.passFd {
		o.telnet = false
	}
	if len(o.proxies) == 0 {
		o.proxyTyped, o.proxyUser = false, ""
	}
	if o.passFd {
		o.crlf, o.interval, o.recvLimit = false, timeOption{}, 0
	}
}

func (o *options) clashes() []clash {
	return []clash{
		{o.ipv4 && o.ipv6, "-4 and -6 exclude each other", "without either both families are used"},
		{o.sendOnly && o.recvOnly, "--send-only and --recv-only exclude each other", ""},
		{o.sendOnly && o.noStdin, "--send-only and -d exclude each other: there would be nothing to send", ""},
		{o.halfClose && o.noShutdown, "-N and --no-shutdown exclude each other", ""},
		{o.telnet && o.udp, "-t is not for UDP", ""},
		{o.udp && o.tcpMD5, "-S is not for UDP: it signs TCP segments", ""},
		{o.ttl == 0 && !o.dialect.lenient, "-M is a number from 1 to 255", ""},
		{o.udp && o.congestion != "", "--congestion is not for UDP: it is about TCP", ""},
	}
}

func (o *options) listenClashes() []clash {
	return []clash{
		{o.listen && o.scan, "-l and -z exclude each other", "-z scans the ports of another host"},
		{o.http && !o.listen, "--http is for listening", "write gonc -l --http 8000"},
		{o.replySet && !o.listen, "--reply is for listening", "write gonc -l --reply text port"},
		{o.keepOpen && !o.listen, "-k is for listening", "add -l"},
		{o.acceptT.set && !o.listen, "--accept-timeout is for listening", "--connect-timeout limits connecting"},
		{o.connectT.set && o.listen, "--connect-timeout is for connecting", "--accept-timeout limits the wait for a connection"},
		{o.maxConns >= 0 && !o.keepOpen && !o.http, "--max-conns is for -k and --http", "add -k"},
		{o.page != "" && !o.http, "--page is for --http", "write gonc -l --http --page file 8000"},
		{o.http && o.replySet, "--http and --reply exclude each other", ""},
		{o.http && o.udp, "--http is not for UDP", ""},
	}
}

func (o *options) scanClashes() []clash {
	return []clash{
		{o.json && !o.scan, "--json is for -z", "add -z"},
		{o.scan && o.unix, "-z and -U exclude each other: a Unix socket has no ports", ""},
		{o.scan && o.telnet, "-z and -t exclude each other: a scan sends nothing", ""},
		{o.scan && o.congestion != "", "-z and --congestion exclude each other: a scan sends nothing", ""},
		{o.scan && o.passFd, "-z and -F exclude each other: a scan closes what it opens", ""},
		{o.scan && len(o.proxies) > 0, "-z and a proxy exclude each other: it would be the proxy that answers", ""},
	}
}

func (o *options) unixClashes() []clash {
	if !o.unix {
		return nil
	}
	return []clash{
		{o.ipv4, "-U and -4 exclude each other: a Unix socket has no IP address", ""},
		{o.ipv6, "-U and -6 exclude each other: a Unix socket has no IP address", ""},
		{o.sourcePort != "", "-U and -p exclude each other: a Unix socket has no port", ""},
		{o.source != "" && !o.udp && !o.listen, "-U and -s exclude each other", "with -u, -s names the client's own socket"},
		{o.broadcast, "-U and -b exclude each other: a Unix socket has no broadcast", ""},
		{len(o.proxies) > 0, "-U and a proxy exclude each other", ""},
		{o.listen && o.udp && o.http, "--http is not for datagrams", ""},
		{o.ttl >= 0 || o.minTTL >= 0 || o.tos >= 0, "-U excludes -M, -m and -T: a Unix socket has no IP packets", ""},
		{o.tcpMD5, "-U and -S exclude each other: a Unix socket has no TCP segments", ""},
		{o.congestion != "", "-U and --congestion exclude each other: a Unix socket has no TCP", ""},
	}
}

func (o *options) proxyClashes() []clash {
	proxy := len(o.proxies) > 0
	return []clash{
		{proxy && o.listen, "a proxy and -l exclude each other", "a proxy is connected to"},
		{proxy && o.udp, "a proxy and -u exclude each other: the proxies spoken here carry TCP", ""},
		{!proxy && o.proxyTyped, "--proxy-type (-X) needs a proxy", "add -x address"},
		{!proxy && o.proxyUser != "", "--proxy-user (-P) needs a proxy", "add -x address"},
		{!proxy && o.proxyAuth != "", "--proxy-auth needs a proxy", "add --proxy address"},
		{!proxy && o.proxyDNS != "", "--proxy-dns needs a proxy", "add --proxy address"},
		{o.proxyUser != "" && o.proxyAuth != "", "--proxy-user and --proxy-auth exclude each other", ""},
	}
}

func (o *options) passClashes() []clash {
	if !o.passFd {
		return nil
	}
	return []clash{
		{o.listen, "-F and -l exclude each other", "-F passes a connection that was made"},
		{o.crlf, "-F and -C exclude each other: nothing is sent", ""},
		{o.telnet, "-F and -t exclude each other: nothing is sent", ""},
		{o.interval.set, "-F and -i exclude each other: nothing is sent", ""},
		{o.recvLimit > 0, "-F and -W exclude each other: nothing is received", ""},
	}
}

// handlerConflict finds options about standard input and output beside a
// handler that does not relay them.
func (o *options) handlerConflict() error {
	handler := "--http"
	switch {
	case o.replySet:
		handler = "--reply"
	case !o.http:
		return nil
	}
	for _, c := range []struct {
		given bool
		name  string
	}{
		{o.noStdin, "-d"}, {o.sendOnly, "--send-only"}, {o.recvOnly, "--recv-only"},
		{o.halfClose, "-N"}, {o.noShutdown, "--no-shutdown"}, {o.quitAfter.set, "-q"},
		{o.crlf, "-C"}, {o.interval.set, "-i"}, {o.recvLimit > 0, "-W"}, {o.telnet, "-t"},
	} {
		if c.given {
			return usagef("%s has no meaning with %s", c.name, handler)
		}
	}
	if o.http && (o.timeout.set || o.idleT.set) {
		return usagef("--http has time limits of its own: -w and --idle-timeout are not for it")
	}
	return nil
}
