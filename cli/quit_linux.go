package cli

import (
	"runtime"
	"strings"
	"syscall"
	"unsafe"
)

// defaultQuit has SIGQUIT (^\) end the program as it ends any other, with no
// word. Go's runtime prints the stacks of all goroutines for it. The signal is
// given back to the system without os/signal, which would start a thread.
func defaultQuit() {
	size := uintptr(8) // of the kernel's sigset_t
	if strings.HasPrefix(runtime.GOARCH, "mips") {
		size = 16
	}
	var action struct{ words [8]uintptr } // all zero: SIG_DFL, no flags, an empty mask
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGQUIT), uintptr(unsafe.Pointer(&action)), 0, size, 0, 0)
}
