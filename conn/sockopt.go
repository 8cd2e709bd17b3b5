package conn

import "syscall"

// An Option sets one option of a socket that has been made and is neither
// bound nor connected yet (net.Dialer.Control, net.ListenConfig.Control).
// network is the socket's own: "tcp4", "udp6", "unix". An option that this
// system does not have returns an error that names the system.
type Option func(network string, fd uintptr) error

// controlAll runs opts on a new socket; nil when there is nothing to set,
// which spares the caller of net a call.
func controlAll(opts []Option) func(network, address string, c syscall.RawConn) error {
	if len(opts) == 0 {
		return nil
	}
	return func(network, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) {
			for _, opt := range opts {
				if failed = opt(network, fd); failed != nil {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		return failed
	}
}
