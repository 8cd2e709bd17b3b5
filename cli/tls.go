package cli

import (
	"context"
	"net"
	"os"

	"gonc/cli/event"
	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/addr"
	"gonc/conn/tlsconn"
)

// tlsConfig returns what the command line says about TLS.
func (o *invocation) tlsConfig() *tlsconn.Config {
	asked := o.Has(option.TLSVerify) || o.Has(option.TLSTrustFile)
	return &tlsconn.Config{
		NoVerify:   o.Has(option.TLSNoVerify) || o.dialect.TrustsAnyPeer && !asked,
		TrustFile:  o.TLSTrustFile,
		CertFile:   o.TLSCert,
		KeyFile:    o.TLSKey,
		ServerName: o.TLSServerName,
		ALPN:       o.TLSALPN,
		Ciphers:    o.TLSCiphers,
		MinVersion: o.TLSMin,
		MaxVersion: o.TLSMax,
		Pins:       o.TLSPin,
		KeyLog:     os.Getenv("SSLKEYLOGFILE"),
		OnWarning:  func(err error) { o.out.Print(event.Warned{Err: err}) },
	}
}

// secureDialer has d make TLS handshakes if that is asked for.
func (o *invocation) secureDialer(d *conn.Dialer) error {
	if !o.Has(option.TLS) {
		return nil
	}
	client, err := o.tlsConfig().Client()
	if err != nil {
		return err
	}
	d.Secure = func(ctx context.Context, c net.Conn, a addr.Addr) (net.Conn, error) {
		return secured(client.Handshake(ctx, c, a.Host))
	}
	return nil
}

// secureListener has l make TLS handshakes if that is asked for.
func (o *invocation) secureListener(l *conn.Listener) error {
	if !o.Has(option.TLS) {
		return nil
	}
	server, err := o.tlsConfig().Server(o.Target.Host)
	if err != nil {
		return err
	}
	l.Secure = func(ctx context.Context, c net.Conn) (net.Conn, error) {
		return secured(server.Handshake(ctx, c))
	}
	o.tlsServer = server
	return nil
}

// secured returns the results of a handshake, with a nil net.Conn after an error.
func secured(c *tlsconn.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

// printTLS prints how a connection is secured, if it is.
func (o *invocation) printTLS(c net.Conn, server bool) {
	if c, ok := c.(*tlsconn.Conn); ok {
		o.out.Print(event.Secured{Remote: c.RemoteAddr(), Server: server, Info: c.Info()})
	}
}
