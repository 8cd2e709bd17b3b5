package page

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls below bypass the scheduler, because they never block: telling it
// about each would cost two changes of state, would wake the runtime's monitor
// thread after a pause, and could cost the goroutine its processor.

func rawRecv(fd int, b []byte) (int, error) {
	return rawTransfer(unix.SYS_RECVFROM, fd, b, unix.MSG_DONTWAIT)
}

func rawSend(fd int, b []byte) (int, error) {
	return rawTransfer(unix.SYS_SENDTO, fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// rawTransfer makes a call with a buffer, which is not empty.
func rawTransfer(call uintptr, fd int, b []byte, flags uintptr) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), flags, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
