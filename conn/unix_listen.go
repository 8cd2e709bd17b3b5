package conn

import (
	"context"
	"net"

	"gonc/conn/sockopt"
)

// listenUnix listens for streams at a path.
func (s *server) listenUnix(ctx context.Context) ([]socket, []net.Addr, error) {
	path := s.l.Address.Path
	var own *unixListener
	err := bindPath(path, func() error {
		lc := net.ListenConfig{Control: sockopt.Control(s.l.Options)}
		ln, err := lc.Listen(ctx, "unix", path)
		if err != nil {
			return err
		}
		ul := ln.(*net.UnixListener)
		ul.SetUnlinkOnClose(false)
		own = &unixListener{ul, newUnixFile(path)}
		if err := sockopt.SetBacklog(ul, backlog); err != nil {
			own.Close()
			return err
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return []socket{&streamSocket{Listener: own}}, []net.Addr{own.Addr()}, nil
}

// A unixListener removes its file when it is closed.
type unixListener struct {
	*net.UnixListener
	file unixFile
}

func (ln *unixListener) Close() error {
	ln.file.remove()
	return ln.UnixListener.Close()
}
