//go:build unix

package stdfile

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal reads a terminal only while its foreground is our process group.
// A background read would be answered by SIGTTIN, which stops the process and
// with it what it still has to receive; with that signal ignored the read
// fails instead (termios(3), "job control"), and is tried again every now and
// then: a job that was never stopped comes to the foreground without a signal.
type terminal struct {
	r         io.Reader
	quit      chan struct{}
	interrupt func()
}

// foregroundEvery is the pause between checks of a terminal that was another's.
const foregroundEvery = 250 * time.Millisecond

func newTerminal(r io.Reader) *terminal {
	t := &terminal{r: r, quit: make(chan struct{})}
	t.interrupt = sync.OnceFunc(func() {
		close(t.quit)
		switch r := r.(type) {
		case *os.File:
			r.SetReadDeadline(past)
		case *pollFile:
			r.interrupt()
		}
	})
	signal.Ignore(unix.SIGTTIN)
	return t
}

// Read reads when it may. Ctrl-D gives io.EOF.
func (t *terminal) Read(b []byte) (int, error) {
	for {
		n, err := t.r.Read(b)
		if !errors.Is(err, syscall.EIO) {
			return n, err
		}
		select {
		case <-time.After(foregroundEvery):
		case <-t.quit:
			return 0, os.ErrDeadlineExceeded
		}
	}
}
