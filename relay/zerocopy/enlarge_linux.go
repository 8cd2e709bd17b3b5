package zerocopy

import (
	"time"

	"gonc/relay/stdfile"

	"golang.org/x/sys/unix"
)

// callerPipeSize is the size, in bytes, to which pipes of the caller are enlarged,
// and that of our own pipe between one of them and a socket. All pipes of a user
// count against one budget, of 64 MiB (pipe(7), pipe-user-pages-soft).
const callerPipeSize = 512 << 10

// enlargeAfter is the number of bytes after which the pipes of the caller are
// enlarged.
const enlargeAfter = 4 << 20

// An enlargement is what was done to the pipes of the caller. A pipe holds
// 64 KiB unless it is enlarged, and each time that it is full or empty one of
// the programs at its ends has to be woken; this halves the processor time of a
// transfer between pipes, or better. The zero value has done nothing.
type enlargement struct {
	spliced int64
	pipes   [2]enlarged
}

// An enlarged pipe was smaller before.
type enlarged struct{ num, was, now int }

// note notes that n bytes were spliced, and enlarges the pipes among ends once
// that is worth it.
func (e *enlargement) note(n int64, ends ...*fd) {
	before := e.spliced
	e.spliced += n
	if before >= enlargeAfter || e.spliced < enlargeAfter {
		return
	}
	for i, d := range ends {
		if d.kind != stdfile.Pipe {
			continue
		}
		was := pipeCapacity(d.num)
		if was >= callerPipeSize {
			continue
		}
		if now := enlarge(d.num, callerPipeSize); now > was {
			e.pipes[i] = enlarged{d.num, was, now}
		}
	}
}

// giveBackWithin bounds the wait for the reader of an enlarged pipe.
const giveBackWithin = 100 * time.Millisecond

// giveBack makes the pipes as small as they were, unless another program that
// shares a pipe has given it another size since. The system refuses to (EBUSY)
// while a pipe holds more than it would then, and nothing tells when its reader
// has taken it, so giveBack tries again for a moment.
func (e *enlargement) giveBack() {
	begun := time.Now()
	for _, p := range e.pipes {
		if p.was == 0 || pipeCapacity(p.num) != p.now {
			continue
		}
		for pause := time.Millisecond; ; pause *= 2 {
			_, err := unix.FcntlInt(uintptr(p.num), unix.F_SETPIPE_SZ, p.was)
			if err != unix.EBUSY || time.Since(begun) > giveBackWithin {
				break
			}
			time.Sleep(pause)
		}
	}
}

// enlarge makes a pipe hold size bytes if that is allowed, and returns what it
// holds.
func enlarge(num, size int) int {
	if got, err := unix.FcntlInt(uintptr(num), unix.F_SETPIPE_SZ, size); err == nil {
		return got
	}
	return pipeCapacity(num)
}

// pipeCapacity returns how many bytes a pipe holds.
func pipeCapacity(num int) int {
	size, _ := unix.FcntlInt(uintptr(num), unix.F_GETPIPE_SZ, 0)
	return size
}
