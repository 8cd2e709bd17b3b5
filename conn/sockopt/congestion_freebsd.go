package sockopt

import "golang.org/x/sys/unix"

func setCongestion(fd uintptr, name string) error {
	return unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
}

func congestionHint(error) string {
	return "sysctl net.inet.tcp.cc.available lists what this system has"
}
