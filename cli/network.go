package main

import (
	"os"
	"strings"
	"time"

	"gonc/conn"
)

// protocol is the network without its family.
func (o *options) protocol() string {
	switch {
	case o.unix && o.udp:
		return "unixgram"
	case o.unix:
		return "unix"
	case o.udp:
		return "udp"
	}
	return "tcp"
}

// network is the network as conn wants it.
func (o *options) network() string {
	switch {
	case o.ipv4:
		return o.protocol() + "4"
	case o.ipv6:
		return o.protocol() + "6"
	}
	return o.protocol()
}

// sourceAddress is where to connect from.
func (o *options) sourceAddress() conn.Address {
	if o.unix {
		return conn.Address{Path: o.source}
	}
	return conn.Address{Host: conn.ParseHost(o.source), Port: o.sourcePort}
}

// connectLimit is the limit on connecting; zero: none.
func (o *options) connectLimit() time.Duration {
	if o.connectT.set {
		return o.connectT.d
	}
	return o.timeout.d
}

// socketOptions are what -M and its like ask for.
func (o *options) socketOptions() ([]conn.Option, error) {
	var opts []conn.Option
	add := func(given bool, opt conn.Option) {
		if given {
			opts = append(opts, opt)
		}
	}
	add(o.broadcast && o.udp, conn.Broadcast())
	add(o.ttl >= 0, conn.TTL(o.ttl))
	add(o.minTTL >= 0, conn.MinTTL(o.minTTL))
	add(o.tos >= 0, conn.TOS(o.tos))
	add(o.recvBuffer >= 0, conn.RecvBuffer(o.recvBuffer))
	add(o.sendBuffer >= 0, conn.SendBuffer(o.sendBuffer))
	add(o.debug, conn.Debug())
	add(o.rtable >= 0, conn.Rtable(o.rtable))
	if o.tcpMD5 {
		key, err := secret("GONC_TCP_MD5", "TCP MD5 key")
		if err != nil {
			return nil, err
		}
		opts = append(opts, conn.TCPMD5(key))
	}
	return opts, nil
}

// chain is the proxies to go through, with their logins but for a password
// that has to be asked for.
func (o *options) chain() ([]conn.Proxy, error) {
	auth := o.proxyLogin()
	var chain []conn.Proxy
	for _, given := range o.proxies {
		kind := given.fallback
		if o.proxyTyped {
			kind, _ = conn.ProxyType(o.proxyType) // conflict has looked at it
		}
		p, err := conn.ParseProxy(given.text, kind)
		if err != nil {
			return nil, asUsage(err)
		}
		if p.User == "" {
			p.User, p.Password, _ = strings.Cut(auth, ":")
		}
		if strings.HasPrefix(p.Type, "socks4") {
			p.Password = "" // there is none in that protocol
		}
		if p.DNS == "" {
			p.DNS = o.proxyDNS
		}
		chain = append(chain, p)
	}
	switch o.proxyDNS {
	case "", "local", "remote", "both", "none":
		return chain, nil
	}
	return nil, usagef("--proxy-dns is local, remote, both or none, not %s", quote(o.proxyDNS))
}

// proxyLogin is user:password as far as it was given.
func (o *options) proxyLogin() string {
	if o.proxyUser != "" {
		return o.proxyUser
	}
	for _, auth := range []string{o.proxyAuth, os.Getenv("GONC_PROXY_AUTH"), os.Getenv("NCAT_PROXY_AUTH")} {
		if auth != "" {
			return auth
		}
	}
	return ""
}

// askPassword completes the logins of -P, whose password is not for the
// command line, where everybody could see it.
func (o *options) askPassword(chain []conn.Proxy) error {
	for i := range chain {
		p := &chain[i]
		if o.proxyUser == "" || p.User != o.proxyUser || p.Password != "" || strings.HasPrefix(p.Type, "socks4") {
			continue
		}
		password, err := secret("GONC_PROXY_PASSWORD", "password of "+p.User+" at "+p.Address.Host)
		if err != nil {
			return err
		}
		p.Password = password
	}
	return nil
}
