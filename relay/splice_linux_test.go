package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
	"gonc/relay/zerocopy"
)

// Data that comes between a splice that finds none and the question whether
// there is any is not taken for a full pipe.
func TestSpliceTrickle(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	const pieces, size = 20_000, 100
	go func() {
		piece := make([]byte, size)
		for i := range pieces {
			there.Write(piece)
			for range i % 3000 { // a gap, of a length that varies
			}
		}
		there.Close()
	}()
	file := tempFile(t, 0)
	from := Conn(here)
	f := flow{from: &from, to: &End{W: file}}
	here.SetReadDeadline(time.Now().Add(testutil.Timeout))
	if handled, rerr, werr := f.zeroCopy(make([]byte, bufferSize)); !handled || rerr != nil || werr != nil {
		t.Fatalf("handled %v, read %v, write %v", handled, rerr, werr)
	}
	if n := f.moved.Load(); n != pieces*size {
		t.Errorf("moved %d bytes of %d", n, pieces*size)
	}
}

// A file that takes no splice gets what had been taken out of the socket by
// then, and the rest is left to the plain way; if it can't be written that is
// the error.
func TestSpliceRefused(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	const n = 100_000
	sent := peering(there, n, 0)
	full := must(os.OpenFile("/dev/full", os.O_WRONLY, 0))
	defer full.Close()
	from := Conn(here)
	f := flow{from: &from, to: &End{W: full}}
	handled, rerr, werr := f.zeroCopy(make([]byte, bufferSize))
	if !handled || rerr != nil || !errors.Is(werr, syscall.ENOSPC) {
		t.Errorf("handled %v, read %v, write %v", handled, rerr, werr)
	}
	if f.moved.Load() != 0 || f.undelivered == 0 {
		t.Errorf("moved %d, stuck %d", f.moved.Load(), f.undelivered)
	}
	here.Close()
	testutil.Await(t, sent, "the sender")
}

// Where zero copy is taken, and where not: a wrapper, an O_APPEND file, a
// connection that is no socket.
func TestZeroCopyTaken(t *testing.T) {
	kinds := map[string]func(t *testing.T) any{
		"file":   func(t *testing.T) any { return dataFile(t, 1<<20) },
		"append": func(t *testing.T) any { return tempFile(t, os.O_APPEND) },
		"null":   func(t *testing.T) any { return stdoutNull(t) },
		"stdin":  func(t *testing.T) any { in, w := stdinPipe(t); feed(w, 1<<20); return files(t, in, nil).R },
		"stdout": func(t *testing.T) any { return outlet(t) },
		"tcp":    func(t *testing.T) any { return talker(t, "tcp") },
		"unix":   func(t *testing.T) any { return talker(t, "unix") },
		"pipe":   func(t *testing.T) any { return talker(t, "pipe") },
		"reader": func(t *testing.T) any { return dataOf(1 << 20) },
		"buffer": func(t *testing.T) any { return new(bytes.Buffer) },
	}
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"file", "tcp", true}, {"file", "unix", true}, {"file", "pipe", false},
		{"stdin", "tcp", true}, {"stdin", "unix", true}, {"stdin", "pipe", false},
		{"reader", "tcp", false},
		{"tcp", "file", true}, {"tcp", "append", false}, {"tcp", "null", true}, {"tcp", "stdout", true}, {"tcp", "buffer", false},
		{"unix", "file", true}, {"unix", "append", false}, {"unix", "null", true}, {"unix", "stdout", true},
		{"pipe", "file", false}, {"pipe", "stdout", false},
	} {
		t.Run(c.from+"-"+c.to, func(t *testing.T) {
			testutil.CheckLeaks(t)
			f := flow{from: &End{R: kinds[c.from](t).(io.Reader)}, to: &End{W: kinds[c.to](t).(io.Writer)}}
			handled, rerr, werr := f.zeroCopy(make([]byte, bufferSize))
			if handled != c.want || rerr != nil || werr != nil {
				t.Errorf("handled %v, read %v, write %v", handled, rerr, werr)
			}
			if n := f.moved.Load(); handled && n != 1<<20 || !handled && n != 0 {
				t.Errorf("moved %d", n)
			}
		})
	}
}

// outlet returns a standard output whose reader takes everything.
func outlet(t *testing.T) io.Writer {
	r, out := stdoutPipe(t)
	go io.Copy(io.Discard, r)
	return files(t, nil, out).W
}

// talker returns a connection whose other side sends 1 MiB and takes everything.
func talker(t *testing.T, network string) net.Conn {
	here, there := connected(t, network)
	go io.Copy(io.Discard, struct{ io.Reader }{there})
	go func() {
		io.Copy(struct{ io.Writer }{there}, dataOf(1<<20))
		if hc, ok := there.(halfCloser); ok {
			hc.CloseWrite()
		}
	}()
	return here
}

// A file that has been sent is sent to its last byte at once, also where
// nothing ends the connection after it.
func TestSendfileUncorks(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	const n = 1<<20 + 17
	relay := piping(context.Background(), files(t, dataFile(t, n), nil), Conn(here), Policy{HalfClose: HalfCloseNever})
	got := arrival{wrong: -1}
	there.SetReadDeadline(time.Now().Add(testutil.Timeout))
	if _, err := io.CopyN(&got, there, n); err != nil {
		t.Fatal(err)
	}
	expectData(t, "the peer", got, n)
	testutil.Eventually(t, "TCP_CORK is off", func() bool {
		return option(t, here, unix.SOL_TCP, unix.TCP_CORK) == 0
	})
	there.Close()
	expectTotals(t, testutil.Await(t, relay, "the relay"), n, 0)
}

// A terminal is spliced to as well.
func TestPipeToTerminal(t *testing.T) {
	const n = 4 << 20
	bothWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		here, there := tcpPair(t)
		tty, master := openTerminal(t)
		unprocessed(t, tty)
		local := files(t, nil, tty)
		handled := noteHandled(t)
		program := peering(there, n, 0)
		relay := piping(context.Background(), local, Conn(here), Policy{})
		a := &arrival{wrong: -1}
		must(io.CopyN(a, master, n))
		expectTotals(t, testutil.Await(t, relay, "the relay"), 0, n)
		expectData(t, "the terminal", *a, n)
		if zeroCopy != nil && !handled.Load() {
			t.Error("the terminal is written plainly")
		}
		here.Close()
		testutil.Await(t, program, "the peer")
	})
}

// noteHandled notes whether anything is moved by zero copy.
func noteHandled(t *testing.T) *atomic.Bool {
	var any atomic.Bool
	if was := zeroCopy; was != nil {
		t.Cleanup(func() { zeroCopy = was })
		zeroCopy = func(f zerocopy.Flow, r io.Reader, w io.Writer, buf []byte) (handled bool, left int64, rerr, werr error) {
			handled, left, rerr, werr = was(f, r, w, buf)
			if handled {
				any.Store(true)
			}
			return handled, left, rerr, werr
		}
	}
	return &any
}

// unprocessed has a terminal write what it is given as it is.
func unprocessed(t testing.TB, tty *os.File) {
	t.Helper()
	mode := must(unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS))
	mode.Oflag &^= unix.OPOST
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkToTerminal measures one more path of BenchmarkPipe.
func BenchmarkToTerminal(b *testing.B) {
	toTerminal := func(c benchConn, b *testing.B) {
		tty, master := openTerminal(b)
		unprocessed(b, tty)
		got := testutil.Background(func() error {
			_, err := io.CopyN(io.Discard, struct{ io.Reader }{master}, benchSize)
			return err
		})
		c.receive(b, tty)
		if err := <-got; err != nil {
			b.Fatal(err)
		}
		tty.Close()
		master.Close()
	}
	b.Run("zerocopy", moving("tcp", toTerminal))
	b.Run("plain", func(b *testing.B) { plain(b); moving("tcp", toTerminal)(b) })
}
