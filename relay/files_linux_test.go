package relay

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gonc/internal/testutil"
)

// upload sends in to a peer, which reads once ready has returned.
func upload(t *testing.T, in *os.File, ready func(there io.Reader), n int64) {
	t.Helper()
	testutil.CheckLeaks(t)
	here, there := tcpPair(t)
	relay := piping(context.Background(), files(t, in, nil), Conn(here), Policy{})
	ready(there)
	program := peering(there, 0, 0)
	expectTotals(t, testutil.Await(t, relay, "the relay"), n, 0)
	expectPeer(t, testutil.Await(t, program, "the peer"), n)
}

// A file that grows while it is sent is sent to the end that it has then.
func TestGrowingFile(t *testing.T) {
	fileWays(t, func(t *testing.T) {
		const before, after = 32 << 20, 33 << 20
		f := dataFile(t, before)
		upload(t, f, func(there io.Reader) {
			stalled(t, there.(syscall.Conn))
			more := must(os.OpenFile(f.Name(), os.O_WRONLY|os.O_APPEND, 0))
			defer more.Close()
			must(io.Copy(more, &data{before, after}))
		}, after)
	})
}

// One that shrinks ends where it ends then.
func TestShrinkingFile(t *testing.T) {
	fileWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		f := dataFile(t, 64<<20)
		here, there := tcpPair(t)
		relay := piping(context.Background(), files(t, f, nil), Conn(here), Policy{})
		stalled(t, there)
		os.Truncate(f.Name(), 1<<20)
		program := peering(there, 0, 0)
		end := testutil.Await(t, relay, "the relay")
		p := testutil.Await(t, program, "the peer")
		if end.err != nil || p.err != nil || end.Sent != p.got.n || p.got.wrong >= 0 {
			t.Errorf("sent %d, %v; the peer got %+v, %v", end.Sent, end.err, p.got, p.err)
		}
	})
}

// A file that is all hole is sent as zeros, and its offset moves along.
func TestSparseFile(t *testing.T) {
	const n = 64 << 20
	fileWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		f := tempFile(t, 0)
		f.Truncate(n)
		here, there := tcpPair(t)
		relay := piping(context.Background(), files(t, f, nil), Conn(here), Policy{})
		there.CloseWrite()
		got := testutil.Background(func() int64 { return must(io.Copy(zeros{}, struct{ io.Reader }{there})) })
		expectTotals(t, testutil.Await(t, relay, "the relay"), n, 0)
		here.Close()
		if got := testutil.Await(t, got, "the peer"); got != n {
			t.Errorf("the peer got %d bytes", got)
		}
		if at := must(f.Seek(0, io.SeekCurrent)); at != n {
			t.Errorf("the offset is %d", at)
		}
	})
}

// zeros takes nothing else.
type zeros struct{}

func (zeros) Write(p []byte) (int, error) {
	if bytes.Count(p, []byte{0}) < len(p) {
		return 0, io.ErrUnexpectedEOF
	}
	return len(p), nil
}

// smallDisk returns a file of a file system that holds size bytes.
func smallDisk(t *testing.T, size string) *os.File {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("can't mount: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	f := must(os.Create(filepath.Join(dir, "f")))
	t.Cleanup(func() { f.Close() })
	return f
}

// A disk that fills up is an error, and what fitted is there and counted.
func TestDiskFull(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		testutil.CheckLeaks(t)
		disk := smallDisk(t, "1m")
		here, there := tcpPair(t)
		relay := piping(context.Background(), files(t, nil, disk), Conn(here), Policy{})
		sender := peering(there, 8<<20, 0)
		end := testutil.Await(t, relay, "the relay")
		expectLocal(t, end.err, "write", syscall.ENOSPC)
		here.Close()
		testutil.Await(t, sender, "the peer")
		disk.Seek(0, io.SeekStart)
		expectData(t, "the disk", must(arrivalOf(disk)), end.Received)
		if end.Received < 900<<10 || end.Received > 1<<20 {
			t.Errorf("received %d bytes", end.Received)
		}
	})
}

// /dev/full refuses the first byte.
func TestDevFull(t *testing.T) {
	for _, n := range []int64{1, 1 << 20} {
		testutil.CheckLeaks(t)
		full := must(os.OpenFile("/dev/full", os.O_WRONLY, 0))
		here, there := tcpPair(t)
		relay := piping(context.Background(), files(t, nil, full), Conn(here), Policy{})
		sender := peering(there, n, 0)
		end := testutil.Await(t, relay, "the relay")
		expectLocal(t, end.err, "write", syscall.ENOSPC)
		here.Close()
		testutil.Await(t, sender, "the peer")
		full.Close()
	}
}

// A directory on standard input can't be read.
func TestDirectory(t *testing.T) {
	testutil.CheckLeaks(t)
	dir := must(os.Open(t.TempDir()))
	defer dir.Close()
	here, there := tcpPair(t)
	relay := piping(context.Background(), files(t, dir, nil), Conn(here), Policy{})
	program := peering(there, 0, 0)
	expectLocal(t, testutil.Await(t, relay, "the relay").err, "read", syscall.EISDIR)
	here.Close()
	testutil.Await(t, program, "the peer")
}

// A relay that is stopped and continued in the middle of a transfer loses
// nothing.
func TestStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("in -short mode")
	}
	const n = 64 << 20
	testutil.CheckLeaks(t)
	out := tempFile(t, 0)
	cmd, c := startChild(t, dataFile(t, n), out)
	var program <-chan peer
	for i := range 5 {
		cmd.Process.Signal(syscall.SIGSTOP)
		if i == 0 {
			program = peering(c, n, 0)
		}
		time.Sleep(5 * time.Millisecond) // stopped, that is what is to be tried
		cmd.Process.Signal(syscall.SIGCONT)
	}
	expectPeer(t, testutil.Await(t, program, "the peer"), n)
	if err := testutil.Await(t, testutil.Background(cmd.Wait), "the child"); err != nil {
		t.Error(err)
	}
	expectData(t, "standard output", must(arrivalOf(must(os.Open(out.Name())))), n)
}

// A relay that waits, for a reader or a writer that sleeps, spends no
// processor time.
func TestNoSpinning(t *testing.T) {
	if testing.Short() {
		t.Skip("in -short mode")
	}
	for _, c := range []struct {
		name     string
		out      func(testing.TB) (*os.File, *os.File)
		up, down int64
	}{
		{"idle", stdoutPipe, 0, 0},
		{"the pipe is not read", stdoutPipe, 0, 16 << 20},
		{"the socket is not read", socketPair, 0, 16 << 20},
		{"the connection is not read", stdoutPipe, 16 << 20, 0},
		{"nothing is read", stdoutPipe, 16 << 20, 16 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			testutil.CheckLeaks(t)
			in, w := stdinPipe(t)
			r, out := c.out(t)
			cmd, there := startChild(t, in, out)
			go io.Copy(struct{ io.Writer }{w}, dataOf(c.up))
			go io.Copy(struct{ io.Writer }{there}, dataOf(c.down))
			stalled(t, r, there.(syscall.Conn))
			const watched = 500 * time.Millisecond
			// At first it may still be at work, on a busy machine.
			testutil.Eventually(t, "it rests", func() bool {
				before := cpuTime(t, cmd.Process.Pid)
				time.Sleep(watched)
				return cpuTime(t, cmd.Process.Pid)-before <= watched/5
			})
			cmd.Process.Kill()
			cmd.Wait()
			w.Close()
			there.Close()
		})
	}
}

func socketPair(t testing.TB) (r, f *os.File) {
	f, c := stdioSocket(t)
	r = must(c.(interface{ File() (*os.File, error) }).File())
	t.Cleanup(func() { r.Close() })
	return r, f
}

// cpuTime returns what a process has spent: utime and stime of proc_pid_stat(5),
// in ticks of 10 ms.
func cpuTime(t testing.TB, pid int) time.Duration {
	t.Helper()
	stat := string(must(os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))))
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	ticks := must(strconv.Atoi(fields[11])) + must(strconv.Atoi(fields[12]))
	return time.Duration(ticks) * 10 * time.Millisecond
}
