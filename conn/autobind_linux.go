package conn

import (
	"os"

	"golang.org/x/sys/unix"

	"gonc/conn/sockopt"
)

// autobind gives a Unix socket an abstract name of the system's choice (unix(7),
// "Autobind feature").
var autobind sockopt.Option = func(_ string, fd uintptr) error {
	return os.NewSyscallError("bind", unix.Bind(int(fd), &unix.SockaddrUnix{}))
}
