package sockopt

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Interface binds a socket to the network interface of that name: it sends and
// receives there only (socket(7), SO_BINDTODEVICE). Root is needed before
// Linux 5.7.
func Interface(name string) Option {
	return func(_ string, fd uintptr) error {
		err := unix.BindToDevice(int(fd), name)
		if err == nil {
			return nil
		}
		e := &Error{Option: "interface", Value: name, Err: err}
		switch {
		case errors.Is(err, unix.ENODEV):
			e.Hint = "ip link lists the interfaces of this machine"
		case errors.Is(err, unix.EPERM):
			e.Hint = "this needs root"
		}
		return e
	}
}
