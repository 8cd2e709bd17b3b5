package sandbox

import (
	"os"

	"golang.org/x/sys/unix"
)

// enter uses unveil(2) for the files and pledge(2) for the rest.
func enter(needs Needs) (inForce []string, err error) {
	reads := needs.Read
	if needs.Connect {
		reads = append(resolverFiles(), reads...)
	}
	for _, path := range reads {
		unix.Unveil(path, "r") // a path that does not exist is passed over
	}
	for _, path := range needs.Remove {
		unix.Unveil(path, "c")
	}
	unix.Unveil(os.DevNull, "rw")
	if err := unix.UnveilBlock(); err != nil {
		return nil, os.NewSyscallError("unveil", err)
	}
	// Options of sockets that are open already need inet and unix, too.
	promises := "stdio rpath wpath cpath sendfd recvfd tty inet unix"
	if needs.Connect {
		promises += " dns"
	}
	if err := unix.PledgePromises(promises); err != nil {
		return []string{"unveil"}, os.NewSyscallError("pledge", err)
	}
	return []string{"unveil", "pledge"}, nil
}
