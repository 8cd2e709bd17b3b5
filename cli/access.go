package cli

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/access"
	"gonc/conn/proxyproto"
)

// admission sets which connections l admits: the lists of clients, and the
// PROXY header.
func (o *invocation) admission(ctx context.Context, l *conn.Listener) error {
	clients, err := o.clients(ctx)
	if err != nil {
		return err
	}
	if clients.Allow != nil || clients.Deny != nil {
		l.Access = clients.Check
	}
	if o.Has(option.AcceptProxyProtocol) {
		l.Header = func(ctx context.Context, c net.Conn) (net.Conn, error) {
			h, err := proxyproto.Read(ctx, c)
			if err != nil {
				return nil, err
			}
			return proxyproto.NewConn(c, h), nil
		}
	}
	l.HandshakeTimeout = o.ConnectTimeout
	l.OnDenied = func(r conn.Rejection) { o.out.Print(event.Denied{Rejection: r}) }
	l.OnHandshakeFailed = func(r conn.Rejection) { o.out.Print(event.HandshakeFailed{Remote: r.Remote, Err: r.Err, More: r.More}) }
	return nil
}

// clients returns the lists of clients.
func (o *invocation) clients(ctx context.Context) (c access.Clients, err error) {
	if c.Allow, err = o.hosts(ctx, option.Allow, o.Allow, option.AllowFile, o.AllowFile); err != nil {
		return c, err
	}
	c.Deny, err = o.hosts(ctx, option.Deny, o.Deny, option.DenyFile, o.DenyFile)
	return c, err
}

// hosts reads what the options list and file list; nil: neither was given.
func (o *invocation) hosts(ctx context.Context, list option.ID, lists []string, file option.ID, files []string) (*access.Hosts, error) {
	if !o.Has(list) && !o.Has(file) {
		return nil, nil
	}
	hosts := new(access.Hosts)
	for _, text := range lists {
		if err := hosts.Add(ctx, text, o.lookup()); err != nil {
			return nil, o.badPattern(list, text, err)
		}
	}
	for _, name := range files {
		if err := hosts.AddFile(ctx, name, o.lookup()); err != nil {
			return nil, o.badPattern(file, name, err)
		}
	}
	return hosts, nil
}

// badPattern returns err as that of an option. That of a file that cannot be
// read stays what it is.
func (o *invocation) badPattern(id option.ID, text string, err error) error {
	if errors.As(err, new(*os.PathError)) {
		return err
	}
	return &option.ValueError{ID: id, Name: o.Name(id), Text: text, Why: option.Invalid, Err: err}
}

// lookup returns what resolves names; nil: nothing does.
func (o *invocation) lookup() access.Lookup {
	if o.Has(option.NoDNS) {
		return nil
	}
	return func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
}
