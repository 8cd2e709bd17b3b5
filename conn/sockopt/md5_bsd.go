//go:build freebsd || openbsd || netbsd

package sockopt

import (
	"errors"

	"golang.org/x/sys/unix"
)

// setMD5 turns signatures on (tcp(4)). The keys are security associations,
// which belong to the system and not to a socket.
func setMD5(_ string, fd uintptr, key string) (hint string, err error) {
	if key != "" {
		return "set it with setkey(8) or in ipsec.conf(5)", errors.New("on this system a program cannot set the key")
	}
	return "", unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MD5SIG, 1)
}
