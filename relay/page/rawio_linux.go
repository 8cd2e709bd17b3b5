package relay

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls of this file are made without telling the scheduler that a system
// call begins, which is right for those that never wait: every one would cost
// two changes of state, the runtime's monitor thread would be woken for it
// after a pause, and would now and then take the processor away.
//
// Not for a pipe whose other end somebody else has: a splice of his own keeps
// it locked for as long as it waits, whatever O_NONBLOCK says here, and the
// scheduler could use this processor for nothing else meanwhile.

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

// rawSplice moves at most n bytes between a pipe of our own and what does not
// block, or not with these flags.
func rawSplice(from, to, n, flags int) (int64, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SPLICE, uintptr(from), 0, uintptr(to), 0, uintptr(n), uintptr(flags))
		switch errno {
		case 0:
			return int64(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// rawSleep waits for d, less than a second, or a signal.
func rawSleep(d time.Duration) {
	t := unix.NsecToTimespec(d.Nanoseconds())
	unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), 0, 0)
}
