package cli

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/access"
	"gonc/conn/proxy"
	"gonc/relay"
)

// A proxyServer connects its clients to where they want.
type proxyServer struct {
	*invocation
	server proxy.Server
	reach  access.Reach
	dialer conn.Dialer
}

// proxyServer serves clients of proxies.
func (o *invocation) proxyServer(ctx context.Context, _ bool) (serve relay.Handler, done func(), err error) {
	s := &proxyServer{invocation: o, server: proxy.Server{Type: o.ProxyType, Name: "gonc"}}
	if s.server.Type == "socks4a" {
		s.server.Type = "socks4"
	}
	s.server.User, s.server.Password, _ = strings.Cut(o.proxyLogin(), ":")
	if s.reach.Allow, err = o.targets(ctx, option.AllowTo, o.AllowTo); err != nil {
		return nil, nil, err
	}
	if s.reach.Deny, err = o.targets(ctx, option.DenyTo, o.DenyTo); err != nil {
		return nil, nil, err
	}
	d, err := o.targetDialer(ctx)
	if err != nil {
		return nil, nil, err
	}
	s.dialer = *d
	return s.serve, nothing, nil
}

// targets reads the lists of an option; nil: it was not given.
func (o *invocation) targets(ctx context.Context, id option.ID, lists []string) (*access.Targets, error) {
	if !o.Has(id) {
		return nil, nil
	}
	t := new(access.Targets)
	for _, text := range lists {
		if err := t.Add(ctx, text, o.lookup()); err != nil {
			return nil, o.badPattern(id, text, err)
		}
	}
	return t, nil
}

// serve is a Handler. A mistake of a client, and a target that it may not have
// or that cannot be reached, are reported to that client and are no error here.
func (s *proxyServer) serve(ctx context.Context, c net.Conn) error {
	defer c.Close()
	began := time.Now()
	r, err := s.server.Accept(ctx, c)
	if err != nil {
		if err != io.EOF && ctx.Err() == nil {
			s.out.Print(event.ClientFailed{Client: c.RemoteAddr(), Err: err})
		}
		s.ended(c, began, 0, 0)
		return nil
	}
	s.out.Print(event.Requested{Client: c.RemoteAddr(), Protocol: r.Protocol, Target: r.Target, Datagrams: r.Kind == proxy.KindAssociate})
	if r.Kind == proxy.KindAssociate {
		return s.associate(ctx, c, r)
	}
	t, err := s.connect(ctx, r)
	if err != nil {
		defer s.ended(c, began, 0, 0)
		if ctx.Err() != nil { // it was given up here
			return context.Cause(ctx)
		}
		s.out.Print(event.TargetFailed{Client: c.RemoteAddr(), Target: r.Target, Err: err})
		r.Refuse(ctx, err)
		return nil
	}
	if r.Kind == proxy.KindForward {
		return s.forwardRequest(ctx, c, r, t)
	}
	client, err := r.Connected(t.LocalAddr())
	if err != nil {
		t.Close()
		s.ended(c, began, 0, 0)
		return nil
	}
	return s.forwarder(func(context.Context) (net.Conn, error) { return t, nil }).Serve(ctx, client)
}

// connect connects to the target of a request, if its client may go there.
func (s *proxyServer) connect(ctx context.Context, r *proxy.Request) (net.Conn, error) {
	d := s.dialer
	d.Permit = func(at netip.AddrPort) error {
		if err := s.noLoop("tcp", r.Target.Host, at); err != nil {
			return err
		}
		return s.reach.Check(r.Client(), r.Target.Host, at)
	}
	if len(d.Proxies) > 0 {
		permit := d.Permit
		d.Permit = nil
		port, _ := strconv.ParseUint(r.Target.Port, 10, 16)
		ip, _ := netip.ParseAddr(r.Target.Host)
		if err := permit(netip.AddrPortFrom(ip, uint16(port))); err != nil {
			return nil, err
		}
	}
	return s.dialTarget(ctx, &d, r.Target)
}

// forwardRequest passes an HTTP request on.
func (s *proxyServer) forwardRequest(ctx context.Context, c net.Conn, r *proxy.Request, t net.Conn) error {
	defer t.Close()
	began := time.Now()
	up, down, err := r.Forward(ctx, t, s.idleLimit())
	s.ended(c, began, up, down)
	if err != nil && ctx.Err() == nil {
		s.out.Print(event.TargetFailed{Client: c.RemoteAddr(), Target: r.Target, Err: err})
	}
	return nil
}

// associate relays the datagrams of a client.
func (s *proxyServer) associate(ctx context.Context, c net.Conn, r *proxy.Request) error {
	began := time.Now()
	if len(s.dialer.Proxies) > 0 {
		defer s.ended(c, began, 0, 0)
		return r.Refuse(ctx, errors.ErrUnsupported)
	}
	up, down, err := r.Associate(ctx, &proxy.Datagrams{
		Listen: s.listenDatagrams,
		Lookup: s.lookup(),
		Check:  func(host string, at netip.AddrPort) error { return s.reach.Check(r.Client(), host, at) },
		Idle:   s.idleLimit(),
	})
	s.ended(c, began, up, down)
	return err
}

// listenDatagrams opens the socket that targets are sent to from.
func (s *proxyServer) listenDatagrams(ctx context.Context) (*net.UDPConn, error) {
	var lc net.ListenConfig
	c, err := lc.ListenPacket(ctx, "udp", net.JoinHostPort(s.dialer.Source.Host, "0"))
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

// ended reports the end of what the proxy server itself moved.
func (s *proxyServer) ended(c net.Conn, began time.Time, up, down int64) {
	if report := s.onEnd(true); report != nil {
		report(c.RemoteAddr(), relay.Totals{Sent: up, Received: down, Began: began})
	}
}
