package conn

import (
	"net"
	"unsafe"

	"gonc/conn/sockopt"

	"golang.org/x/sys/unix"
)

// droppedBy returns how many datagrams the kernel has received for a socket and
// dropped, because its buffer was full: SK_MEMINFO_DROPS, the last of the
// numbers of SO_MEMINFO, which Linux has since 4.12. It is 0 where that is
// unknown.
func droppedBy(uc *net.UDPConn) uint64 {
	var info [9]uint32
	sockopt.Descriptor(uc, func(fd uintptr) {
		size := uint32(unsafe.Sizeof(info))
		unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	return uint64(info[8])
}
