package cli

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"

	"gonc/cli/option"
	"gonc/conn"
	"gonc/conn/addr"
	"gonc/conn/proxy"
)

// passwordVariable is the environment variable of the password of a proxy's
// user.
const passwordVariable = "GONC_PROXY_PASSWORD"

// proxies returns the proxies to connect through, with their logins. A password
// that has to be asked for is missing, and so is its user: dialAsking asks when
// the proxy does.
func (o *invocation) proxies() ([]proxy.Proxy, error) {
	login := o.proxyLogin()
	chain := o.Proxies
	for i := range chain {
		p := &chain[i]
		if p.User == "" {
			p.User, p.Password, _ = strings.Cut(login, ":")
		}
		if strings.HasPrefix(p.Type, "socks4") {
			p.Password = "" // there is none in that protocol
			continue
		}
		if o.ProxyUser == "" || p.User != o.ProxyUser || p.Password != "" {
			continue
		}
		if p.Password = os.Getenv(passwordVariable); p.Password == "" && !o.Has(option.Listen) {
			p.User = ""
		} else if err := o.askPassword(p); err != nil {
			return nil, err
		}
	}
	return chain, nil
}

// askPassword fills in the user that was given and the password.
func (o *invocation) askPassword(p *proxy.Proxy) (err error) {
	p.User = o.ProxyUser
	p.Password, err = readPassword(passwordVariable, "password of "+p.User+" at "+p.Address.Host)
	return err
}

// dialAsking connects to a. When a proxy wants the login of the user that was
// given, it asks for the password at the terminal and connects again.
func (o *invocation) dialAsking(ctx context.Context, d *conn.Dialer, a addr.Addr) (net.Conn, error) {
	for {
		c, err := d.Dial(ctx, a)
		p := o.wantsPassword(d.Proxies, err)
		if p == nil {
			return c, err
		}
		if err := o.askPassword(p); err != nil {
			return nil, err
		}
	}
}

// wantsPassword returns the proxy that err says wants a login which was not
// asked for yet, or nil.
func (o *invocation) wantsPassword(chain []proxy.Proxy, err error) *proxy.Proxy {
	var refused *proxy.Error
	if o.ProxyUser == "" || !errors.As(err, &refused) || !refused.Login {
		return nil
	}
	for i := range chain {
		if p := &chain[i]; p.Address == refused.Address && p.User == "" {
			return p
		}
	}
	return nil
}

// proxyLogin returns user:password as far as it was given.
func (o *invocation) proxyLogin() string {
	if o.ProxyUser != "" {
		return o.ProxyUser
	}
	for _, login := range [...]string{o.ProxyAuth, os.Getenv("GONC_PROXY_AUTH"), os.Getenv("NCAT_PROXY_AUTH")} {
		if login != "" {
			return login
		}
	}
	return ""
}
