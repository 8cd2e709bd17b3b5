//go:build unix

package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gonc/internal/testutil"
	"gonc/relay/command"
)

// commandPatience is for what takes no time on a machine that is not busy.
const commandPatience = 20 * time.Second

// running starts a shell's line on one end of a connection, and returns the
// other one.
func running(t *testing.T, network, line string) (there net.Conn, ended <-chan error, cancel context.CancelFunc) {
	t.Helper()
	here, there := connected(t, network)
	there.SetDeadline(time.Now().Add(commandPatience))
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	p := command.Shell(line)
	p.Env = os.Environ()
	return there, serving(ctx, (&Command{Program: p}).Serve, here), cancel
}

func expectEnd(t *testing.T, ended <-chan error, want error) {
	t.Helper()
	if err := testutil.Await(t, ended, "the session"); !errors.Is(err, want) {
		t.Errorf("ended with %v, want %v", err, want)
	}
}

// closeWriting half-closes c.
func closeWriting(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.(halfCloser).CloseWrite(); err != nil {
		t.Fatal(err)
	}
}

// A client that half-closes at once gets all that the command writes later.
func TestCommandOutputAfterHalfClose(t *testing.T) {
	testutil.CheckLeaks(t)
	for _, network := range []string{"tcp", "unix"} {
		there, ended, _ := running(t, network, "cat >/dev/null; sleep .2; head -c 20000000 /dev/zero; echo end")
		closeWriting(t, there)
		got, err := io.ReadAll(there)
		if len(got) != 20000004 || !bytes.HasSuffix(got, []byte("\x00end\n")) || err != nil {
			t.Errorf("%s: %d bytes, %v", network, len(got), err)
		}
		there.Close()
		expectEnd(t, ended, nil)
	}
}

// A client that never half-closes sees the end, and the session is over.
func TestCommandEndEndsSession(t *testing.T) {
	testutil.CheckLeaks(t)
	for _, network := range []string{"tcp", "unix"} {
		there, ended, _ := running(t, network, "echo hello")
		got, err := io.ReadAll(there)
		if string(got) != "hello\n" || err != nil {
			t.Errorf("%s: %q, %v", network, got, err)
		}
		expectEnd(t, ended, nil)
	}
}

// A command that reads slowly gets all 20 MB.
func TestCommandReadsSlowly(t *testing.T) {
	testutil.CheckLeaks(t)
	const n = 20 << 20
	there, ended, _ := running(t, "tcp", `i=0; while [ $i -lt 20 ]; do head -c 300000; sleep .01; i=$((i+1)); done >/dev/null; wc -c`)
	sent := testutil.Background(func() error {
		_, err := io.Copy(struct{ io.Writer }{there}, dataOf(n))
		closeWriting(t, there)
		return err
	})
	got, err := io.ReadAll(there)
	rest, _ := strconv.Atoi(strings.TrimSpace(string(got)))
	if rest <= 0 || n-rest > 20*400000 || err != nil {
		t.Errorf("%q of %d, %v", got, n, err)
	}
	if err := testutil.Await(t, sent, "sending"); err != nil {
		t.Error(err)
	}
	expectEnd(t, ended, nil)
}

// A command that never reads has its output delivered, though the client
// sends five megabytes and reads only then.
func TestCommandNeverReads(t *testing.T) {
	testutil.CheckLeaks(t)
	for _, line := range []string{
		"sleep .2; head -c 3000000 /dev/zero; echo output",
		"exec <&-; head -c 3000000 /dev/zero; echo output",
	} {
		there, ended, _ := running(t, "tcp", line)
		sent := testutil.Background(func() error {
			_, err := there.Write(make([]byte, 5<<20))
			return err
		})
		if err := testutil.Await(t, sent, "sending"); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		closeWriting(t, there)
		got, err := io.ReadAll(there)
		if len(got) != 3000007 || err != nil {
			t.Errorf("%s: %d bytes, %v", line, len(got), err)
		}
		expectEnd(t, ended, nil)
	}
}

// A client that resets the connection ends the command: one that waits for
// input, one that does not read what there is, and one that writes.
func TestCommandClientResets(t *testing.T) {
	testutil.CheckLeaks(t)
	for name, c := range map[string]struct {
		line string
		send int
	}{
		"reading":       {"echo $$; trap 'exit 3' HUP; read x; sleep 1000 & wait", 0},
		"not reading":   {"echo $$; sleep 1000", 8 << 20},
		"writing":       {"echo $$; cat /dev/zero", 0},
		"closed output": {"echo $$; exec >&-; sleep 1000", 0},
		"closed input":  {"echo $$; exec <&-; sleep 1000", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each may wait two seconds for a process to be gone
			there, ended, _ := running(t, "tcp", c.line)
			pid := readNumber(t, there)
			if c.send > 0 {
				there.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
				there.Write(make([]byte, c.send))
			}
			reset(t, there)
			if err := testutil.Await(t, ended, "the session"); err == nil {
				t.Error("no error")
			}
			awaitNoProcess(t, pid)
		})
	}
}

// A command that ignores the hangup is killed two seconds later, and what it
// has started as well.
func TestCommandKilled(t *testing.T) {
	testutil.CheckLeaks(t)
	there, ended, _ := running(t, "tcp", "trap '' HUP; sleep 1000 & echo $!; cat /dev/zero")
	pid := readNumber(t, there)
	began := time.Now()
	reset(t, there)
	if err := testutil.Await(t, ended, "the session"); err == nil {
		t.Error("no error")
	}
	awaitNoProcess(t, pid)
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("after %v", took)
	}
}

// What a command leaves behind keeps the session waiting as little as what it
// left of its input.
func TestCommandLeavesChild(t *testing.T) {
	testutil.CheckLeaks(t)
	there, ended, _ := running(t, "tcp", "(sleep 1000 0<&3 & echo $!) 3<&0; head -c 1000000 /dev/zero")
	pid := readNumber(t, there)
	defer syscall.Kill(pid, syscall.SIGKILL)
	go there.Write(make([]byte, 1<<20))
	got, err := io.ReadAll(there)
	if len(got) != 1000000 || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	expectEnd(t, ended, nil)
	if err := syscall.Kill(pid, 0); err != nil {
		t.Errorf("what was left behind: %v", err)
	}
}

// A command may close its output and go on reading: the client sees the end,
// and all that it sends arrives.
func TestCommandClosesOutput(t *testing.T) {
	testutil.CheckLeaks(t)
	file := filepath.Join(t.TempDir(), "got")
	there, ended, _ := running(t, "tcp", "echo first; exec >&-; cat >"+file)
	got, err := io.ReadAll(there)
	if string(got) != "first\n" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	there.Write(make([]byte, 1<<20))
	closeWriting(t, there)
	expectEnd(t, ended, nil)
	if info, err := os.Stat(file); err != nil || info.Size() != 1<<20 {
		t.Errorf("%v, %v", info, err)
	}
}

// The end of the server ends commands.
func TestCommandContext(t *testing.T) {
	testutil.CheckLeaks(t)
	for _, line := range []string{"echo $$; cat", "echo $$; exec <&- >&-; sleep 1000", "echo $$; cat /dev/zero"} {
		t.Run(line, func(t *testing.T) {
			t.Parallel() // each may wait two seconds for a process to be gone
			there, ended, cancel := running(t, "tcp", line)
			pid := readNumber(t, there)
			cancel()
			expectEnd(t, ended, context.Canceled)
			awaitNoProcess(t, pid)
		})
	}
}

// Both ways are closed, and the command still works: the end of the server
// ends it too.
func TestCommandContextAfterEOF(t *testing.T) {
	testutil.CheckLeaks(t)
	there, ended, cancel := running(t, "tcp", "echo $$; exec <&- >&-; sleep 1000")
	pid := readNumber(t, there)
	io.ReadAll(there)
	there.Close()
	time.AfterFunc(100*time.Millisecond, cancel)
	testutil.Await(t, ended, "the session")
	awaitNoProcess(t, pid)
}

// A session that is idle ends its command.
func TestCommandIdle(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := connected(t, "tcp")
	h := &Command{Program: command.Shell("echo $$; exec sleep 1000"), Idle: 200 * time.Millisecond}
	ended := serving(context.Background(), h.Serve, here)
	pid := readNumber(t, there)
	expectEnd(t, ended, ErrIdle)
	awaitNoProcess(t, pid)
}

// Two hundred at once: nothing waits for another, and nothing is left.
func TestCommandMany(t *testing.T) {
	testutil.CheckLeaks(t)
	before := testutil.OpenFiles()
	h := &Command{Program: command.Direct([]string{"cat"})}
	var clients sync.WaitGroup
	var sessions []<-chan error
	data := bytes.Repeat([]byte("0123456789"), 10_000)
	for range 200 {
		here, there := connected(t, "tcp")
		there.SetDeadline(time.Now().Add(3 * commandPatience))
		sessions = append(sessions, serving(context.Background(), h.Serve, here))
		clients.Go(func() {
			defer there.Close()
			go func() {
				there.Write(data)
				there.(halfCloser).CloseWrite()
			}()
			if got, err := io.ReadAll(there); !bytes.Equal(got, data) || err != nil {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	clients.Wait()
	for _, ended := range sessions {
		expectEnd(t, ended, nil)
	}
	if children := childrenOf(t, os.Getpid()); children != "" {
		t.Errorf("left: %s", children)
	}
	if after := testutil.OpenFiles(); after > before {
		t.Errorf("%d open files, before %d", after, before)
	}
}

// A session of datagrams: the command reads a stream, and each of its writes
// is a datagram.
func TestCommandDatagrams(t *testing.T) {
	testutil.CheckLeaks(t)
	there, ended, _ := running(t, "udp", `read a; read b; printf "%s" "$a"; printf "%s" "$b"; head -c 60000 /dev/zero | dd bs=60000 iflag=fullblock 2>/dev/null`)
	for _, s := range []string{"o", "ne\ntwo", "\n"} {
		io.WriteString(there, s)
	}
	buf := make([]byte, 65536)
	var sizes []int
	for range 3 {
		n, err := there.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, n)
	}
	if got := fmt.Sprint(sizes); got != "[3 3 60000]" {
		t.Errorf("datagrams of %s bytes", got)
	}
	expectEnd(t, ended, nil)
}

// The end of a session of datagrams ends a command that does not heed it, soon,
// but not before it could answer.
func TestCommandSessionEnds(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := connected(t, "tcp")
	there.SetDeadline(time.Now().Add(commandPatience))
	h := &Command{Program: command.Shell("cat; echo answer; sleep 1000"), Remote: func(c net.Conn) End {
		e := Conn(c)
		e.Datagram = true
		return e
	}}
	h.Program.Env = os.Environ()
	ended := serving(t.Context(), h.Serve, here)
	io.WriteString(there, "question\n")
	closeWriting(t, there)
	if got, err := io.ReadAll(there); string(got) != "question\nanswer\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	expectEnd(t, ended, nil)
}

func TestCommandNotThere(t *testing.T) {
	testutil.CheckLeaks(t)
	here, there := connected(t, "tcp")
	h := &Command{Program: command.Direct([]string{"/no/such/program"})}
	ended := serving(context.Background(), h.Serve, here)
	var failed *command.StartError
	if err := testutil.Await(t, ended, "the session"); !errors.As(err, &failed) {
		t.Error(err)
	}
	if n, err := there.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("the client: %d, %v", n, err)
	}
}

// The status and the bytes each way are reported.
func TestCommandEvents(t *testing.T) {
	here, there := connected(t, "tcp")
	var state *os.ProcessState
	var totals Totals
	h := &Command{
		Program: command.Shell("read x; echo four; exit 7"),
		OnExit:  func(_ net.Addr, s *os.ProcessState) { state = s },
		OnEnd:   func(_ net.Addr, t Totals) { totals = t },
	}
	ended := serving(context.Background(), h.Serve, here)
	io.WriteString(there, "0123456\n")
	io.ReadAll(there)
	expectEnd(t, ended, nil)
	if state == nil || state.ExitCode() != 7 {
		t.Errorf("state %v", state)
	}
	if totals.Sent != 5 || totals.Received != 8 {
		t.Errorf("totals %+v", totals)
	}
}

// readNumber reads a line that is a number, byte by byte.
func readNumber(t *testing.T, r io.Reader) int {
	t.Helper()
	var line []byte
	for b := make([]byte, 1); ; line = append(line, b[0]) {
		if _, err := r.Read(b); err != nil {
			t.Fatal(err)
		}
		if b[0] == '\n' {
			break
		}
	}
	n, err := strconv.Atoi(string(line))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// awaitNoProcess waits until a process runs no more.
func awaitNoProcess(t *testing.T, pid int) {
	t.Helper()
	testutil.Eventually(t, fmt.Sprintf("process %d has ended", pid), func() bool {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return syscall.Kill(pid, 0) == syscall.ESRCH || bytes.Contains(stat, []byte(") Z "))
	})
}

// childrenOf lists the children of a process, zombies too.
func childrenOf(t *testing.T, pid int) string {
	t.Helper()
	var list strings.Builder
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		stat, _ := os.ReadFile(name)
		_, rest, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			list.WriteString(string(stat[:min(len(stat), 40)]) + "\n")
		}
	}
	return list.String()
}
