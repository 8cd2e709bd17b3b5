//go:build unix

package relay

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A terminal reads a terminal only while its foreground is our process group.
// A background read would be answered by SIGTTIN, which stops the process and
// with it what it still has to receive; with that signal ignored the read
// fails instead (termios(3), "job control"), and is tried again when the
// shell continues us in the foreground.
type terminal struct {
	r         io.Reader
	continued chan os.Signal
	quit      chan struct{}
	interrupt func()
}

func newTerminal(r io.Reader) *terminal {
	t := &terminal{r: r, continued: make(chan os.Signal, 1), quit: make(chan struct{})}
	t.interrupt = sync.OnceFunc(func() {
		close(t.quit)
		switch r := r.(type) {
		case *os.File:
			r.SetReadDeadline(past)
		case *polled:
			r.interrupt()
		}
	})
	signal.Ignore(unix.SIGTTIN)
	signal.Notify(t.continued, unix.SIGCONT)
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
		case <-t.continued:
		case <-t.quit:
			return 0, os.ErrDeadlineExceeded
		}
	}
}
