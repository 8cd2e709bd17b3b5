//go:build unix && !linux

package page

import "syscall"

// rawRecv and rawSend work on descriptors of the runtime's poller, which
// never wait.

func rawRecv(fd int, b []byte) (n int, err error) {
	for {
		if n, err = syscall.Read(fd, b); err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}

func rawSend(fd int, b []byte) (n int, err error) {
	for {
		if n, err = syscall.Write(fd, b); err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}
