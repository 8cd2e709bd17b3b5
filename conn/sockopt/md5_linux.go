package sockopt

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// setMD5 gives the socket one key for every peer: that of the prefix of length
// 0, which TCP_MD5SIG_EXT takes since Linux 4.13. So a client need not know
// yet which address it will connect to, and a listener may have any peers.
func setMD5(network string, fd uintptr, key string) (hint string, err error) {
	sig := unix.TCPMD5Sig{Flags: unix.TCP_MD5SIG_FLAG_PREFIX, Keylen: uint16(len(key))}
	if key == "" {
		return "", errors.New("no key")
	}
	if copy(sig.Key[:], key) < len(key) {
		return "", fmt.Errorf("the key has %d bytes, and may have %d", len(key), len(sig.Key))
	}
	sig.Addr.Family = unix.AF_INET
	if strings.HasSuffix(network, "6") {
		sig.Addr.Family = unix.AF_INET6
	}
	err = unix.SetsockoptTCPMD5Sig(int(fd), unix.IPPROTO_TCP, unix.TCP_MD5SIG_EXT, &sig)
	if errors.Is(err, unix.ENOPROTOOPT) {
		return "the kernel has to be 4.13 or later, and have CONFIG_TCP_MD5SIG", err
	}
	if err == nil && sig.Addr.Family == unix.AF_INET6 {
		err = setMD5Mapped(fd, sig)
	}
	return "", err
}

// setMD5Mapped gives an IPv6 socket the key for its IPv4 peers, whose keys the
// kernel looks up as those of IPv4: ::ffff:0.0.0.0, of which no bit counts.
func setMD5Mapped(fd uintptr, sig unix.TCPMD5Sig) error {
	// In a sockaddr_in6 the address begins at byte 8; Data begins at byte 2.
	sig.Addr.Data[6+10], sig.Addr.Data[6+11] = 0xff, 0xff
	return unix.SetsockoptTCPMD5Sig(int(fd), unix.IPPROTO_TCP, unix.TCP_MD5SIG_EXT, &sig)
}
