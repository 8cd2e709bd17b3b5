package relay

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawRecv and rawSend never wait, so they may do without telling the
// scheduler that a system call begins: for every request it would cost two
// changes of state, and sysmon would now and then take the processor away.

func rawRecv(fd int, b []byte) (int, error) {
	return rawTransfer(unix.SYS_RECVFROM, fd, b, unix.MSG_DONTWAIT)
}

func rawSend(fd int, b []byte) (int, error) {
	return rawTransfer(unix.SYS_SENDTO, fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

func rawTransfer(call uintptr, fd int, b []byte, flags uintptr) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), flags, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EAGAIN:
			return 0, syscall.EAGAIN // an error that needs no allocation
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
