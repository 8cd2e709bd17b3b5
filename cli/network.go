package cli

import (
	"context"
	"time"

	"gonc/cli/option"
	"gonc/conn/addr"
	"gonc/conn/sockopt"
)

// sourceAddr returns the address to connect from.
func (o *invocation) sourceAddr() addr.Addr {
	if o.Has(option.Unix) {
		return addr.Addr{Path: o.Source}
	}
	return addr.Addr{Host: addr.ParseHost(o.Source), Port: o.SourcePort}
}

// connectLimit returns the limit on connecting; zero: none.
func (o *invocation) connectLimit() time.Duration {
	switch {
	case o.Has(option.ConnectTimeout):
		return o.ConnectTimeout
	case o.Has(option.Timeout):
		return o.Timeout
	}
	return o.dialect.ConnectTimeout
}

// socketOptions returns the socket options that were asked for.
func (o *invocation) socketOptions(ctx context.Context) ([]sockopt.Option, error) {
	var opts []sockopt.Option
	add := func(id option.ID, opt sockopt.Option) {
		if o.Has(id) {
			opts = append(opts, opt)
		}
	}
	if o.Has(option.UDP) {
		add(option.Broadcast, sockopt.Broadcast())
	}
	add(option.TTL, sockopt.TTL(o.TTL))
	add(option.MinTTL, sockopt.MinTTL(o.MinTTL))
	add(option.TOS, sockopt.TOS(o.TOS))
	add(option.RecvBuffer, sockopt.RecvBuffer(o.RecvBuffer))
	add(option.SendBuffer, sockopt.SendBuffer(o.SendBuffer))
	add(option.Debug, sockopt.Debug())
	add(option.RTable, sockopt.Rtable(o.RTable))
	add(option.Interface, sockopt.Interface(o.Interface))
	add(option.KeepAlive, sockopt.KeepAlive(o.KeepAlive.Idle, o.KeepAlive.Interval, o.KeepAlive.Count))
	if o.Has(option.TCPMD5) {
		key, err := readPassword("GONC_TCP_MD5", "TCP MD5 key")
		if err != nil {
			return nil, err
		}
		opts = append(opts, sockopt.TCPMD5(key))
	}
	return opts, nil
}
