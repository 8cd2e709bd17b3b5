package conn

import (
	"context"
	"net/netip"

	"gonc/conn/addr"
)

// source resolves d.Source.
func (d *Dialer) source(ctx context.Context, network string) (addr.Sources, error) {
	proto, _ := addr.Family(network)
	port := uint16(0)
	if d.Source.Port != "" {
		var err error
		if port, err = addr.ParsePort(proto, d.Source.Port); err != nil {
			return nil, err
		}
	}
	switch {
	case d.Source.Host == "" && port == 0:
		return nil, nil
	case d.Source.Host == "":
		return addr.Sources{netip.AddrPortFrom(netip.Addr{}, port)}, nil
	}
	ips, err := d.lookup(ctx, network, d.Source)
	var s addr.Sources
	for _, ip := range ips {
		s = append(s, netip.AddrPortFrom(ip, port))
	}
	return s, err
}
